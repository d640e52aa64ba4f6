//! How many threads of the whole machine run, or could if there were more processors. Pure.

/// Returns that number from the text of `/proc/loadavg`, without the thread that reads it. The averages
/// before it lag by a minute: all jobs would start before the first of them counts.
pub(super) fn running_threads(loadavg: &str) -> Option<u32> {
    let (running, _all) = loadavg.split_whitespace().nth(3)?.split_once('/')?;
    let running: u32 = running.parse().ok()?;
    Some(running.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_in_the_fourth_field_and_the_reader_does_not_count() {
        assert_eq!(running_threads("0.56 0.79 1.43 6/104 15619\n"), Some(5));
        assert_eq!(running_threads("0.00 0.00 0.00 1/9 1\n"), Some(0));
        assert_eq!(running_threads("0.00 0.00 0.00 0/9 1\n"), Some(0));
    }

    #[test]
    fn another_text_has_none() {
        for text in ["", "0.5 0.5 0.5", "0.5 0.5 0.5 six/7 8", "0.5 0.5 0.5 6 8"] {
            assert_eq!(running_threads(text), None, "{text}");
        }
    }
}
