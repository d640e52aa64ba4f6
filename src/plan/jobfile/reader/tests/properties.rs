//! Job files with any text, in any chunks.

use std::ffi::OsString;

use proptest::{collection::vec, prelude::*};

use super::*;

/// Splits the text into chunks of these sizes, and the rest.
fn chunked(mut text: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    for size in sizes {
        let (chunk, rest) = text.split_at((*size).min(text.len()));
        chunks.extend((!chunk.is_empty()).then(|| chunk.to_vec()));
        text = rest;
    }
    chunks.extend((!text.is_empty()).then(|| text.to_vec()));
    chunks.extend([Vec::new(), Vec::new()]);
    chunks
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("\u{feff}".to_owned()),
        Just("# x\n".to_owned()),
        Just("{\"cmd\":\"a\"}".to_owned()),
        Just("[{\"cmd\":\"a\"}".to_owned()),
        Just("[jobs.a]\ncmd = 'a'\n".to_owned()),
        Just("jobs:\n  a: {cmd: x}\n".to_owned()),
        "[ \t\r\n{}\\[\\],\"':a\0]{0,6}",
        "[a-z]{1,4}: [a-z ]{1,6}\r?\n",
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat().into_bytes())
}

fn format() -> impl Strategy<Value = Format> {
    prop_oneof![
        Just(Format::Lines),
        Just(Format::NullLines),
        Just(Format::JsonLines),
        Just(Format::JsonArray),
        Just(Format::Document(Spelling::Json)),
        Just(Format::Document(Spelling::Toml)),
        Just(Format::Document(Spelling::Yaml)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn chunking_does_not_change_the_jobs(
        text in text(),
        sizes in vec(1..5_usize, 0..60),
        format in prop::option::of(format()),
    ) {
        let chunks = chunked(&text, &sizes);
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let pieces: Vec<String> = open(format, &chunks).map(show).collect();
        let whole = chunked(&text, &[]);
        let whole: Vec<&[u8]> = whole.iter().map(Vec::as_slice).collect();
        let whole: Vec<String> = open(format, &whole).map(show).collect();
        // A NUL byte is reported as soon as it is read, possibly before other errors.
        match whole.as_slice() {
            [alone] if alone.contains("NUL byte") => {
                let ends_wrong = |last: &String| last.starts_with("error");
                prop_assert!(pieces.last().is_some_and(ends_wrong), "{pieces:?}");
            }
            _ => prop_assert_eq!(pieces, whole),
        }
    }

    #[test]
    fn buffered_is_never_true_when_a_read_would_block(
        text in text(),
        size in 1..200_usize,
        format in format(),
    ) {
        let first = &text[..size.min(text.len())];
        // A second read panics, so `buffered` must not lead to one.
        let mut file = open(Some(format), &[first]);
        file.format = Some(format);
        file.lines.lookahead.fill_buf().unwrap();
        while file.buffered() && !file.ended {
            file.next();
        }
    }

    #[test]
    fn any_words_come_back_from_argv_base64(words in vec(vec(1..=255_u8, 0..8), 1..4)) {
        use base64::Engine as _;
        let encode = |word: &Vec<u8>| base64::prelude::BASE64_STANDARD.encode(word);
        let record = serde_json::json!({ "argv_base64": words.iter().map(encode).collect::<Vec<_>>() });
        let entry = open(None, &[format!("{record}\n").as_bytes()]).next();
        let Some(Ok(Entry::Job(Job { invocation: Invocation::Argv(read), .. }))) = entry else {
            panic!("no argv job");
        };
        let read: Vec<Vec<u8>> = read.into_iter().map(OsString::into_encoded_bytes).collect();
        prop_assert_eq!(read, words);
    }
}
