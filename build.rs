//! Tells the sources in one word, `linux`, that they may use what Linux alone has.
//!
//! With `RUSTFLAGS="--cfg prun_portable"` they may not, and the code for the other Unixes can be tried
//! on Linux.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(linux)");
    let is_linux = env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|os| os == "linux");
    let is_portable = env::var_os("CARGO_CFG_PRUN_PORTABLE").is_some();
    if is_linux && !is_portable {
        println!("cargo::rustc-cfg=linux");
    }
}
