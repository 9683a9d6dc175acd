//! (being written)

pub mod password;
pub mod people;
pub mod review;
