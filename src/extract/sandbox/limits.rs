//! What the reading child gives up before it reads a hostile byte.
//!
//! In this order: writing and core files, processes, processor time, memory (rlimits); every file and TCP port
//! (Landlock, Linux 5.13, TCP from 6.7); new file descriptors; every system call that is not on the list below
//! (seccomp). A kernel without Landlock leaves the rest in force, and the parent logs it once. A child that cannot
//! install the seccomp filter does not serve.
//!
//! The system calls allowed are those of memory, threads that exist already, time, and the open pipe. Memory cannot
//! be made executable. All others answer EPERM, so that a library that tries its luck (backtraces, locale files)
//! takes its error path instead of killing the task.

use std::collections::BTreeMap;
use std::io;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::frame::Confinement;

/// Address space beyond the memory limit: glibc reserves it for arenas without using it.
const RESERVE: u64 = 512 << 20;

/// Gives everything up, for every thread of the process.
///
/// # Errors
/// What could not be given up and must be.
pub(super) fn confine(memory: u64, processor: u64) -> io::Result<Confinement> {
    let (size, data) = sizes();
    let mut missing = Vec::new();
    let limits = [
        (Resource::Core, 0, "core"),
        (Resource::Fsize, 0, "file size"),
        (Resource::Nproc, 0, "processes"),
        (Resource::Cpu, processor, "processor time"),
        (Resource::Data, data + memory, "memory"),
        (Resource::As, size + memory + RESERVE, "address space"),
    ];
    for (resource, value, name) in limits {
        if let Err(error) = setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }) {
            missing.push(format!("limit of {name}: {error}"));
        }
    }
    let landlock = match restrict_files_and_ports() {
        Ok(RulesetStatus::FullyEnforced) => "full",
        Ok(RulesetStatus::PartiallyEnforced) => "partial",
        Ok(RulesetStatus::NotEnforced) => "none",
        Err(error) => {
            missing.push(format!("landlock: {error}"));
            "none"
        }
    };
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(0), maximum: Some(0) }) {
        missing.push(format!("limit of files: {error}"));
    }
    let filter = filter().map_err(io::Error::other)?;
    seccompiler::apply_filter_all_threads(&filter).map_err(io::Error::other)?;
    Ok(Confinement { landlock: landlock.to_owned(), missing })
}

/// Bytes of address space and of private writable memory that the process has now.
fn sizes() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).map_or(256 << 20, |kib| kib << 10)
    };
    (field("VmSize:"), field("VmData:"))
}

fn restrict_files_and_ports() -> Result<RulesetStatus, landlock::RulesetError> {
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?;
    Ok(ruleset.create()?.restrict_self()?.ruleset)
}

/// System calls that need no look at their arguments.
fn free_calls() -> Vec<i64> {
    let mut calls = vec![
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_lseek,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_restart_syscall,
        libc::SYS_epoll_pwait,
        libc::SYS_ppoll,
        libc::SYS_set_robust_list,
        libc::SYS_membarrier,
        libc::SYS_getrusage,
        // Threads that were being started when the filter came: glibc ends the process without this one.
        libc::SYS_rseq,
    ];
    #[cfg(target_arch = "x86_64")]
    calls.extend([libc::SYS_epoll_wait, libc::SYS_poll]);
    calls
}

fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = free_calls().into_iter().map(|call| (call, Vec::new())).collect();
    let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        let condition = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(executable), 0)?;
        rules.insert(call, vec![SeccompRule::new(vec![condition])?]);
    }
    // abort() signals the process itself.
    let own = u64::from(std::process::id());
    let condition = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![condition])?]);
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(
        rules.into_iter().collect(),
        denied,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    filter.try_into()
}
