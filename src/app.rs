//! Wiring: builds the parts that the asked roles need from the configuration. The only file that knows all of them.
//!
//! Promise 3 lives here too: what is built for the portal is given no way to the desk.

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context, bail};

use crate::blob::Blobs;
use crate::collect::Client;
use crate::config::Config;
use crate::console::Console;
use crate::extract::{ReadLimits, Reader, this_program};
use crate::flow::collecting::Collecting;
use crate::flow::indexing::Indexing;
use crate::flow::intake::Intake;
use crate::flow::officer_key::DeskKeys;
use crate::flow::publish::Publisher;
use crate::flow::quarantine::{Sealer, escrow};
use crate::flow::rules;
use crate::flow::withdraw::Withdrawal;
use crate::index::{IndexReader, IndexWriter, Words};
use crate::jobs::{DeskWork, Jobs};
use crate::model::{Clock, PermitKey, PermitVerifier, random_token};
use crate::portal::{self, Portal};
use crate::screen::Screener;
use crate::store::{Desk, Place, Site};

/// File of the desk's signing key, in `data.keys`.
pub const KEY_FILE: &str = "permit.key";

/// What every role but the portal needs.
#[derive(Clone)]
pub struct Base {
    /// The configuration.
    pub config: Arc<Config>,
    /// The clock.
    pub clock: Clock,
    /// What is not public.
    pub desk: Desk,
    /// The desk's files.
    pub blobs: Blobs,
    /// Checks permits and rule sets.
    pub verifier: Arc<PermitVerifier>,
    /// The gate.
    pub screener: Arc<Screener>,
    /// Names this process in leases.
    pub owner: String,
}

/// Where the desk is kept.
///
/// # Errors
/// Where the file with the address cannot be read.
pub fn desk_place(config: &Config) -> anyhow::Result<Place> {
    place(&config.data.desk, config.data.desk_postgres.as_deref())
}

/// Where the site is kept.
///
/// # Errors
/// Where the file with the address cannot be read.
pub fn site_place(config: &Config) -> anyhow::Result<Place> {
    place(&config.data.site, config.data.site_postgres.as_deref())
}

fn place(folder: &Path, postgres: Option<&Path>) -> anyhow::Result<Place> {
    match postgres {
        None => Ok(Place::Sqlite(folder.to_owned())),
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the address of the database in {}", file.display()))?;
            Ok(Place::Postgres(text.trim().to_owned()))
        }
    }
}

/// Reads the public keys.
///
/// # Errors
/// Where the file is missing or holds none.
pub fn verifier(config: &Config) -> anyhow::Result<Arc<PermitVerifier>> {
    let file = &config.data.permit_keys;
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the permit keys in {}; menhu init makes them", file.display()))?;
    Ok(Arc::new(PermitVerifier::from_text(&text).with_context(|| file.display().to_string())?))
}

/// Reads the desk's signing key.
///
/// # Errors
/// Where the file is missing or is none.
pub fn signing_key(config: &Config) -> anyhow::Result<Arc<PermitKey>> {
    let file = config.data.keys.join(KEY_FILE);
    let bytes = std::fs::read(&file)
        .with_context(|| format!("cannot read the desk's key {}; menhu init makes one", file.display()))?;
    Ok(Arc::new(PermitKey::from_pkcs8(&bytes).with_context(|| file.display().to_string())?))
}

/// The desk's own keys.
///
/// # Errors
/// Where a file is missing or is none.
pub fn desk_keys(config: &Config) -> anyhow::Result<DeskKeys> {
    Ok(DeskKeys { permit: signing_key(config)?, verifier: verifier(config)?, folder: config.data.keys.clone() })
}

impl Base {
    /// Opens the desk and loads the rule set in force.
    ///
    /// # Errors
    /// Says what is missing and how to make it. Without a rule set in force nothing starts (promise 2).
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let verifier = verifier(&config)?;
        let desk = Desk::open(&desk_place(&config)?, clock.clone()).await?;
        let blobs = Blobs::open(&config.data.desk.join("blobs"))?;
        let set = rules::in_force(&desk, &verifier).await.context("the gate has no rules")?;
        if let Ok(keys) = desk_keys(&config) {
            // The collector of an installation with users of their own cannot read the keys: the desk does this.
            escrow::settle(&desk, &keys).await.context("the quarantine has no key")?;
        }
        let screener = Arc::new(Screener::new(set, config.gate.time_limit.0));
        let owner = format!("{}-{}", std::process::id(), random_token()?.chars().take(12).collect::<String>());
        Ok(Self { config: Arc::new(config), clock, desk, blobs, verifier, screener, owner })
    }

    /// What seals the quarantine.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        Sealer { desk: self.desk.clone(), blobs: self.blobs.clone(), verifier: self.verifier.clone() }
    }

    /// The collector's part.
    ///
    /// # Errors
    /// Where this program cannot be found again for the reading children, or the client cannot be built.
    pub fn collecting(&self) -> anyhow::Result<Arc<Collecting>> {
        let collect = &self.config.collect;
        let program = this_program().context("cannot find this program for the reading children")?;
        let limits = ReadLimits { at_once: collect.readers, time: collect.read_time.0, memory: collect.read_memory.0 };
        let reader = Arc::new(Reader::new(program, limits));
        let intake =
            Intake { blobs: self.blobs.clone(), reader, screener: self.screener.clone(), sealer: self.sealer() };
        let client = Arc::new(Client::new(collect, self.clock.clone())?);
        Ok(Arc::new(Collecting::new(self.desk.clone(), intake, client, collect.clone(), self.owner.clone())))
    }

    /// The desk's part: publisher, withdrawal, index.
    ///
    /// # Errors
    /// Where the site, the key or the index cannot be opened.
    pub async fn work(&self) -> anyhow::Result<DeskWork> {
        let site = Site::open(&site_place(&self.config)?, self.clock.clone()).await?;
        let site_blobs = Blobs::open(&self.config.data.site.join("blobs"))?;
        let writer = open_index(&self.config)?;
        let indexing = Indexing {
            site: site.clone(),
            blobs: site_blobs.clone(),
            verifier: self.verifier.clone(),
            writer: Arc::new(Mutex::new(writer)),
        };
        let publisher = Publisher {
            desk: self.desk.clone(),
            desk_blobs: self.blobs.clone(),
            site: site.clone(),
            site_blobs: site_blobs.clone(),
            screener: self.screener.clone(),
            sealer: self.sealer(),
            key: signing_key(&self.config)?,
            render: Arc::new(|id, content, issued| {
                let told = portal::Told { language: portal::Language::Chinese, unit: None, issued, canonical: "" };
                portal::render(id, content, told).map_err(|error| format!("the page cannot be made: {error}"))
            }),
        };
        let withdrawal = Withdrawal {
            desk: self.desk.clone(),
            desk_blobs: self.blobs.clone(),
            site,
            site_blobs,
            indexing: Some(indexing.clone()),
        };
        Ok(DeskWork { publisher, withdrawal, indexing })
    }

    /// Withdrawal for a command beside a running desk, whose writer of the index follows the feed.
    ///
    /// # Errors
    /// Where the site cannot be opened.
    pub async fn withdrawal_without_index(&self) -> anyhow::Result<Withdrawal> {
        Ok(Withdrawal {
            desk: self.desk.clone(),
            desk_blobs: self.blobs.clone(),
            site: Site::open(&site_place(&self.config)?, self.clock.clone()).await?,
            site_blobs: Blobs::open(&self.config.data.site.join("blobs"))?,
            indexing: None,
        })
    }

    /// Jobs for the roles of which the parts are given.
    #[must_use]
    pub fn jobs(&self, collecting: Option<Arc<Collecting>>, work: Option<DeskWork>) -> Jobs {
        Jobs {
            desk: self.desk.clone(),
            screener: self.screener.clone(),
            verifier: self.verifier.clone(),
            owner: self.owner.clone(),
            collecting,
            work,
        }
    }
}

/// The console's part.
///
/// # Errors
/// Where passwords cannot be prepared.
pub fn console(base: &Base) -> anyhow::Result<Console> {
    Ok(Console::new(base.desk.clone(), base.blobs.clone(), base.config.console.clone(), desk_keys(&base.config)?)?)
}

/// Folder of the index.
#[must_use]
pub fn index_folder(config: &Config) -> std::path::PathBuf {
    config.data.site.join("index")
}

/// Opens the one writer of the index.
///
/// # Errors
/// Where it is damaged or open elsewhere.
pub fn open_index(config: &Config) -> anyhow::Result<IndexWriter> {
    Ok(IndexWriter::open(&index_folder(config), &Words::load())?)
}

/// The portal's part. It opens the site read-only and knows nothing of the desk.
///
/// # Errors
/// Where the site or the keys cannot be opened.
pub async fn portal(config: &Config, clock: Clock) -> anyhow::Result<Portal> {
    if config.data.site == config.data.desk {
        bail!("data.site and data.desk are the same folder: the public front must not be able to read the desk");
    }
    let site = Site::open_read_only(&site_place(config)?, clock.clone()).await?;
    let index = IndexReader::open_read_only(&index_folder(config), &Words::load())?;
    Ok(Portal {
        site,
        index: Arc::new(index),
        blobs: Blobs::open_read_only(&config.data.site.join("blobs")),
        verifier: verifier(config)?,
        config: Arc::new(config.portal.clone()),
        inbox: config.data.inbox.clone(),
        clock,
    })
}
