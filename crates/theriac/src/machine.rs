//! The machine and what it was asked for.

use theriac_models::Hardware;
use theriac_nn::kernels::Level;

/// The instruction set and the number of threads in use.
pub fn hardware() -> Hardware {
    Hardware {
        kernels: format!("{:?}", Level::detect()).to_lowercase(),
        threads: rayon::current_num_threads(),
    }
}

/// The most memory that this process has held at once, in bytes; `None` where the system does not say.
pub fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn peak_memory_is_at_least_what_was_just_held() {
        let held = vec![1u8; 32 << 20];
        assert!(peak_rss_bytes().unwrap() >= held.iter().map(|&byte| u64::from(byte)).sum());
    }
}
