use super::*;
pub fn listing(_input: &PageInput<'_>, profile: Profile) -> Listing { Listing::empty(profile) }
