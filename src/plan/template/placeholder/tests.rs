//! Examples of braces, and what they insert.

use super::*;

fn filled_in(scope: PlaceholderScope, template: &str, args: &[&str]) -> String {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let to = SlotAssignment {
        slot_value: Some("gpu0".as_ref()),
        ..SlotAssignment::without_value(7, 2)
    };
    let mut filled = Vec::new();
    for piece in pieces(template.as_bytes(), scope) {
        match piece {
            Piece::Text(text) => filled.extend(text),
            Piece::Hole(hole) => hole.append(&args, to, &mut filled),
        }
    }
    String::from_utf8(filled).unwrap()
}

fn filled(template: &str, width: usize, args: &[&str]) -> String {
    filled_in(Width::Sources(width).into(), template, args)
}

fn named(template: &str, names: &[&str], args: &[&str]) -> String {
    let names: Vec<OsString> = names.iter().map(OsString::from).collect();
    let scope = PlaceholderScope {
        names: &names,
        ..Width::Sources(names.len()).into()
    };
    match check(template.as_bytes(), scope) {
        Ok(()) => filled_in(scope, template, args),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_form_inserts_its_part() {
    let all = "{} {.} {/} {//} {/.} {#} {%}";
    for (value, shown) in [
        (
            "dir/sub/a.tar.gz",
            "dir/sub/a.tar.gz dir/sub/a.tar a.tar.gz dir/sub a.tar 7 2",
        ),
        ("a.b/c", "a.b/c a.b/c c a.b c 7 2"),
        ("plain", "plain plain plain . plain 7 2"),
        ("/a", "/a /a a / a 7 2"),
        ("d/e/", "d/e/ d/e/  d  7 2"),
        (".bashrc", ".bashrc  .bashrc .  7 2"),
        ("", "   .  7 2"),
        ("a//b", "a//b a//b b a b 7 2"),
        ("a.", "a. a a. . a 7 2"),
    ] {
        assert_eq!(filled(all, 1, &[value]), shown);
    }
}

#[test]
fn values_are_counted_from_one() {
    assert_eq!(filled("{2/}-{1.}", 2, &["a.b", "c/d"]), "d-a");
    assert_eq!(filled("<{}>", 2, &["a", "b"]), "<a b>");
    assert_eq!(filled("{1} {2}", 2, &["a"]), "a ");
}

#[test]
fn other_braces_are_kept() {
    for text in [
        "{\"a\":1}",
        "{a,b}",
        "{ }",
        "${}",
        "${1}",
        "{0}",
        "{01}",
        "{-1}",
        "{2}",
        "{x}",
        "{1..3}",
        "{///}",
        "{123456789}",
        "}{",
        "{##}",
        "{%%}",
        "{+/}",
        "{= s/a/b/ =}",
        "{2%x}",
        "{%s}",
        "{%-5d}",
        "{%.3f}",
        "{%lu}",
        "{%Y-%m}",
        "{% if x %}",
        "{# a comment }",
        "{/'/_}",
        "{/$x/y}",
        "{/a\nb/c}",
        "{/a\\/b/c}",
        "{/a{/b}",
        "{slot1}",
        "{name}",
        "{ /foo/d}",
        "{{.Name}}",
        "{{name}}",
    ] {
        assert_eq!(filled(text, 1, &["v"]), text);
    }
}

#[test]
fn doubled_braces_are_literal() {
    assert_eq!(filled("{{}} {{{}}} {}", 1, &["v"]), "{} {{}} v");
    assert_eq!(filled("{{} {}}", 1, &["v"]), "{v v}");
}

#[test]
fn every_placeholder_in_doubled_braces_is_its_text() {
    let text = "{{.}} {{/foo/d}} {{%.gz}} {{#}} {{1#a}} {{slot}}";
    assert_eq!(
        filled(text, 1, &["v"]),
        "{.} {/foo/d} {%.gz} {#} {1#a} {slot}"
    );
    assert_eq!(named("{{a}} {{b}}", &["a"], &["v"]), "{a} {b}");
}

#[test]
fn a_text_in_the_braces_is_removed_or_replaced() {
    let forms = "{%.gz} {%.c} {#a.} {/t/T} {/ /_} {..} {1%.gz} {1#a.} {1/t/T} {1..}";
    assert_eq!(
        filled(forms, 1, &["a.tar.gz"]),
        "a.tar a.tar.gz tar.gz a.Tar.gz a.tar.gz a a.tar tar.gz a.Tar.gz a"
    );
    assert_eq!(filled("{2%.gz} {%z}", 2, &["y", "x.gz"]), "x {%z}");
    assert_eq!(filled("{1%s} {1% x}", 1, &["is x"]), "is x is");
}

#[test]
fn a_text_that_may_be_another_programs_makes_no_template() {
    for word in ["{}", "a{.}", "{1/a/b}", "{/foo/d} {}", "{..}", "{/}"] {
        assert!(has_placeholder(word.as_ref()), "{word}");
    }
    for word in [
        "/a/,/b/{/foo/d}",
        "{%.c}",
        "{#fff}",
        "{{}}",
        "{#}",
        "{slot}",
    ] {
        assert!(!has_placeholder(word.as_ref()), "{word}");
    }
}

#[test]
fn the_value_of_the_slot_needs_slots_with_values() {
    assert_eq!(filled("{slot}:{%}", 1, &["v"]), "gpu0:2");
    let scope = Width::Sources(1).into();
    let error = check(b"x{slot}", scope).unwrap_err().to_string();
    assert_eq!(
        error,
        "`{slot}` needs the values of the slots: add --slots LIST (`{{slot}}` is the text `{slot}`)"
    );
    let slots = KnownSlots::Values;
    assert!(check(b"x{slot}", PlaceholderScope { slots, ..scope }).is_ok());
    assert!(check(b"x{{slot}}", scope).is_ok());
}

#[test]
fn columns_have_names() {
    let names = ["id", "file", "first name", "file.md5", "2019", "#"];
    let args = ["7", "d/a.gz", "Ann", "abc", "old", "1"];
    for (template, expected) in [
        ("{id} {1} {file}", "7 7 d/a.gz"),
        ("{file.} {file/} {file//} {file/.}", "d/a a.gz d a"),
        ("{file%.gz} {file#d/} {file/a/b}", "d/a a.gz d/b.gz"),
        ("{first name} {file.md5} {2019}", "Ann abc old"),
        ("{#} {5}", "7 old"),
        (
            "{print $1} {n++} {\"id\":1} ${id}",
            "{print $1} {n++} {\"id\":1} ${id}",
        ),
    ] {
        assert_eq!(named(template, &names, &args), expected);
    }
}

#[test]
fn a_name_that_is_no_column_is_an_error_that_names_the_columns() {
    let error =
        "no column for `{nmae/.}`: the columns are name, id (`{{nmae/.}}` is the text `{nmae/.}`)";
    assert_eq!(named("x {nmae/.}", &["name", "id"], &["a", "b"]), error);
    assert!(named("{print}", &["name"], &["a"]).starts_with("no column for `{print}`"));
    assert_eq!(filled("{print}", 1, &["a"]), "{print}");
}

#[test]
fn a_value_beyond_the_last_is_an_error() {
    let error = check(b"{1} {3/}", Width::Sources(2).into());
    let expected = PlaceholderError::OutOfRange("{3/}".into(), 2);
    assert_eq!(error, Err(expected));
}
