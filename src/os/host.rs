//! What this machine is called.

/// Returns the name of the machine in its network, if it has one that is text.
pub(crate) fn host_name() -> Option<String> {
    let system = rustix::system::uname();
    let name = system.nodename().to_str().ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_what_uname_prints() {
        let printed = std::process::Command::new("uname").arg("-n").output();
        let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
        assert_eq!(super::host_name().as_deref(), Some(printed.trim_end()));
    }
}
