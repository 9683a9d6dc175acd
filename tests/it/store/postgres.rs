//! A PostgreSQL of our own: one server for the process of the tests, one database for a test.
//!
//! Looks for `initdb` and `pg_ctl` in PATH, /usr/local/bin and /usr/lib/postgresql/*/bin. PostgreSQL refuses root, so as
//! root it runs as the user `postgres`, or `nobody`. It listens on a Unix socket alone, and a shell around it stops it
//! and removes its folder when the standard input closes: when the process of the tests ends, however it ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection as _, PgConnection};

/// `$1` data folder, `$2` socket folder, `$3` folder of the programs, `$4` the folder of all.
const SCRIPT: &str = r#"
"$3/initdb" -D "$1" -U menhu -A trust --no-sync -E UTF8 --locale=C >/dev/null || exit 1
"$3/pg_ctl" -D "$1" -w -l "$4/log" -o "-k $2 -c listen_addresses= -c max_connections=300 -c fsync=off" start \
    >/dev/null </dev/null || { cat "$4/log"; exit 1; }
echo ready
cat >/dev/null
"$3/pg_ctl" -D "$1" -m immediate stop >/dev/null
rm -rf "$4"
"#;

struct Server {
    sockets: PathBuf,
    /// The shell around the server; its standard input is what keeps it running.
    _shell: std::process::Child,
}

/// The address of a new empty database; `None`, said loudly, where PostgreSQL is not installed.
pub(crate) async fn new_database() -> Option<String> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(server) = SERVER.get_or_init(start) else {
        eprintln!("skipped: PostgreSQL is not installed");
        return None;
    };
    let name = format!("menhu_{}", NUMBER.fetch_add(1, Ordering::SeqCst));
    let url = |database: &str| format!("postgres://menhu@localhost/{database}?host={}", server.sockets.display());
    let mut connection = PgConnection::connect(&url("postgres")).await.expect("the server answers");
    let make = format!("CREATE DATABASE {name} TEMPLATE template0");
    sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut connection).await.expect("a new database");
    Some(url(&name))
}

fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    std::env::split_paths(&path)
        .chain(["/usr/local/bin".into()])
        .chain(installed.map(|version| version.path().join("bin")))
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

fn start() -> Option<Server> {
    let programs = programs()?;
    let folder = tempfile::Builder::new().prefix("menhu-pg-").tempdir().expect("a folder").keep();
    let sockets = folder.join("run");
    std::fs::create_dir(&sockets).expect("a folder");
    let mut command = match other_user() {
        None => Command::new("sh"),
        Some(user) => {
            hand_over(&folder, user);
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups", "sh"]);
            command
        }
    };
    command.args(["-c", SCRIPT, "sh"]).arg(folder.join("data")).arg(&sockets).arg(&programs).arg(&folder);
    // Not the folder of the tests: another user may not be able to enter it.
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut shell = command.spawn().expect("a shell");
    let mut said = String::new();
    BufReader::new(shell.stdout.take().expect("its output")).read_line(&mut said).expect("its word");
    assert_eq!(said.trim(), "ready", "PostgreSQL of {} did not start", programs.display());
    Some(Server { sockets, _shell: shell })
}

/// Whom the server runs as, where the tests run as root.
fn other_user() -> Option<&'static str> {
    let root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("/proc")) == 0;
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let known = |user: &&str| users.lines().any(|line| line.starts_with(&format!("{user}:")));
    if root { ["postgres", "nobody"].into_iter().find(known) } else { None }
}

fn hand_over(folder: &Path, user: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let done = Command::new("chown").arg("-R").arg(user).arg(folder).status().expect("chown");
    assert!(done.success(), "chown to {user}");
}
