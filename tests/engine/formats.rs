//! Programs that exist but cannot be executed because of their interpreter, loader or architecture.

use std::fs;
use std::path::PathBuf;

use prun::process::SpawnErrorKind;

use super::at::{At, engine_test};
use super::files::Folder;
use super::spawn_errors::{assert_error, refused};

const LOADER: &str = "/nonexistent/ld.so";

/// A 64-bit binary with a loader that does not exist: the header of our own, and nothing else.
fn foreign_binary() -> Vec<u8> {
    let ours = fs::read(std::env::current_exe().unwrap()).unwrap();
    assert_eq!(&ours[..5], b"\x7fELF\x02", "a 64-bit system");
    let mut elf = ours[..64].to_vec();
    elf[32..40].copy_from_slice(&64u64.to_ne_bytes()); // where the program headers are
    elf[40..48].fill(0); // no sections
    elf[54..56].copy_from_slice(&56u16.to_ne_bytes()); // the size of a program header
    elf[56..58].copy_from_slice(&1u16.to_ne_bytes()); // one program header
    elf[58..64].fill(0);
    let at = 64 + 56u64;
    let len = LOADER.len() as u64 + 1;
    elf.extend(3u32.to_ne_bytes()); // PT_INTERP
    elf.extend(4u32.to_ne_bytes()); // readable
    for word in [at, at, at, len, len, 1] {
        elf.extend(word.to_ne_bytes());
    }
    elf.extend(LOADER.as_bytes());
    elf.push(0);
    elf
}

/// The same for 32 bits, for i386.
fn foreign_binary_of_32_bits() -> Vec<u8> {
    let mut elf = b"\x7fELF\x01\x01\x01".to_vec();
    elf.resize(16, 0);
    for half in [2u16, 3] {
        elf.extend(half.to_le_bytes()); // executable, i386
    }
    for word in [1u32, 0, 52, 0, 0] {
        elf.extend(word.to_le_bytes()); // version, entry, program headers, sections, flags
    }
    for half in [52u16, 32, 1, 40, 0, 0] {
        elf.extend(half.to_le_bytes()); // sizes and numbers of headers
    }
    let len = LOADER.len() as u32 + 1;
    for word in [3u32, 84, 84, 84, len, len, 4, 1] {
        elf.extend(word.to_le_bytes()); // PT_INTERP
    }
    elf.extend(LOADER.as_bytes());
    elf.push(0);
    elf
}

// CPython, by trial, names only the script: the interpreter is missing.
engine_test!(a_missing_interpreter_is_named, |at: At| async move {
    let folder = Folder::new();
    for line in ["#!/no/such/interpreter", "#! /no/such/interpreter -x"] {
        let script = folder.script("script", format!("{line}\n"));
        let error = refused(at.command(&script)).await;
        let text = format!(
            "{}: bad interpreter: no such program: /no/such/interpreter",
            script.display()
        );
        let interpreter = PathBuf::from("/no/such/interpreter");
        let kind = SpawnErrorKind::BadInterpreter {
            script,
            interpreter,
            why: "no such program",
        };
        assert_error(&error, kind, &text, Some(libc::ENOENT));
    }
});

// Ours: the interpreter exists, and is faulty itself, or its own interpreter is.
engine_test!(
    an_interpreter_that_cannot_run_is_told_with_the_reason,
    |at: At| async move {
        let folder = Folder::new();
        let (data, sub) = (folder.path().join("data"), folder.path().join("sub"));
        fs::write(&data, "").unwrap();
        fs::create_dir(&sub).unwrap();
        let inner = folder.script("inner", "#!/no/such/interpreter\n");
        let missing = PathBuf::from("/no/such/interpreter");
        for (named, of, at_fault, why, number) in [
            (&data, None, &data, "no execute permission", libc::EACCES),
            (&sub, None, &sub, "not a regular file", libc::EACCES),
            (
                &inner,
                Some(&inner),
                &missing,
                "no such program",
                libc::ENOENT,
            ),
        ] {
            let script = folder.script("script", format!("#!{}\n", named.display()));
            let error = refused(at.command(&script)).await;
            let script = of.unwrap_or(&script);
            let (shown, at_fault_shown) = (script.display(), at_fault.display());
            let text = format!("{shown}: bad interpreter: {why}: {at_fault_shown}");
            let kind = SpawnErrorKind::BadInterpreter {
                script: script.clone(),
                interpreter: at_fault.clone(),
                why,
            };
            assert_error(&error, kind, &text, Some(number));
        }
    }
);

// Ours: a script written on another system names an interpreter that ends with CR.
engine_test!(
    a_script_with_crlf_is_told_with_the_remedy,
    |at: At| async move {
        let folder = Folder::new();
        let script = folder.script("script", "#!/bin/sh\r\nexit 3\r\n");
        let error = refused(at.command(&script)).await;
        let text = format!(
            "{}: its #! line ends with CRLF: convert the file to LF line endings",
            script.display()
        );
        let kind = SpawnErrorKind::CrlfShebang(script);
        assert_error(&error, kind, &text, Some(libc::ENOENT));
    }
);

// Ours: a binary for another system exists, and yet its loader is missing.
engine_test!(a_missing_loader_is_named, |at: At| async move {
    let folder = Folder::new();
    let program = folder.script("binary", foreign_binary());
    let error = refused(at.command(&program)).await;
    let text = format!(
        "{}: dynamic loader not found: {LOADER} (built for another system?)",
        program.display()
    );
    let kind = SpawnErrorKind::MissingLoader {
        program: program.clone(),
        loader: LOADER.into(),
    };
    assert_error(&error, kind.clone(), &text, Some(libc::ENOENT));
    // A 64-bit kernel may or may not support 32 bits; the fault is reported in both cases.
    let _ = folder.script("binary", foreign_binary_of_32_bits());
    let error = refused(at.command(&program)).await;
    let foreign = SpawnErrorKind::ForeignBinary(program);
    let expected = match error.raw_os_error() {
        Some(libc::ENOENT) => kind,
        _ => foreign,
    };
    assert_eq!(error.kind, expected);
});

// Ours: a binary for another architecture is not a script without #!, and must not be run as one.
engine_test!(
    a_binary_for_another_architecture_is_reported,
    |at: At| async move {
        let folder = Folder::new();
        let mut elf = foreign_binary();
        elf[18..20].copy_from_slice(&0x1234u16.to_ne_bytes());
        let binary = folder.script("binary", elf);
        let error = refused(at.command(&binary)).await;
        let text = format!(
            "{}: cannot execute binary file (wrong architecture, or damaged)",
            binary.display()
        );
        let kind = SpawnErrorKind::ForeignBinary(binary);
        assert_error(&error, kind, &text, Some(libc::ENOEXEC));
    }
);
