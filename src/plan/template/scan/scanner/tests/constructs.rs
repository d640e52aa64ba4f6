//! Substitutions, variables, numbers, continued lines and expansions.

use super::{accepted, refused};

#[test]
fn substitutions_are_scanned_as_templates_of_their_own() {
    for (text, parts) in [
        ("echo $(cat {}) {}", "echo $(cat A0) A0"),
        ("echo \"$(cat {})\" {}", "echo \"$(cat A0)\" A0"),
        ("echo \"a $(cat \"{}\") {}\"", "echo \"a $(cat \"Q0\") Q0\""),
        ("echo {} > \"$(date +%F)\"", "echo A0 > \"$(date +%F)\""),
        (
            "docker run -v \"$(pwd)\":/r img {}",
            "docker run -v \"$(pwd)\":/r img A0",
        ),
        (
            "echo \"$(a \"$(b {})\" | c)\" {}",
            "echo \"$(a \"$(b A0)\" | c)\" A0",
        ),
        (
            "cp \"$({ a; (b {}); })\"/{/}",
            "cp \"$({ a; (b A0); })\"/B0",
        ),
        ("echo $(a # it is\n) {}", "echo $(a # it is\n) A0"),
    ] {
        assert_eq!(accepted(text), parts);
    }
    for text in [
        "sh -c \"$(cat {})\"",
        "sh -c $(cat {})",
        "sh $(cat {})",
        "let \"$(echo {})\"",
        "let {} $(a `b`)",
        "echo x[{}$(a `b`)]",
        "echo >&{}$(a `b`)",
        "echo \"$(a {} `b`)\"",
        "let \"$(echo {} `b`)\"",
        "sh -c \"$(echo {} $((1)))\"",
        "$(echo {})",
        "echo $(a # it's\n) {}",
        "echo $(eval a) {}",
        "echo \"$(case x in x) a;; esac)\" {}",
        "echo \"$(a {}\"",
        "echo \"$(a {})",
    ] {
        refused(text);
    }
}

#[test]
fn ordinary_variables_take_values() {
    for (text, parts) in [
        ("SEQ={} A=1 prog", "SEQ=B0 A=1 prog"),
        ("X=a:{} prog {}", "X=a:B0 prog A0"),
        ("X=\"{}\" prog", "X=\"Q0\" prog"),
        (
            "name={/.}; mkdir -p r/$name; cd r/$name; x ../../{}",
            "name=B0; mkdir -p r/$name; cd r/$name; x ../../B0",
        ),
        (
            "d=$(dirname {}); n=$(basename $d); build $n $d",
            "d=$(dirname A0); n=$(basename $d); build $n $d",
        ),
        (
            "b=$(echo {} | sed s/_1.fq//); cut $b",
            "b=$(echo A0 | sed s/_1.fq//); cut $b",
        ),
        (
            "echo {} | while read -r x; do echo \"$x\"; done",
            "echo A0 | while read -r x; do echo \"$x\"; done",
        ),
        (
            "find {} | while IFS= read -r -d '' f; do a $f; done",
            "find A0 | while IFS= read -r -d '' f; do a $f; done",
        ),
        (
            "n={}; if [ -f \"$n\" ]; then printf '%s\\n' \"${n%.c}\"; fi",
            "n=B0; if [ -f \"$n\" ]; then printf '%s\\n' \"${n%.c}\"; fi",
        ),
        (
            "export n; n={}; sh -c 'echo \"$n\"'",
            "export n; n=B0; sh -c 'echo \"$n\"'",
        ),
    ] {
        assert_eq!(accepted(text), parts);
    }
    for text in [
        "PATH={} prog",
        "LD_PRELOAD={} prog",
        "IFS={}; prog",
        "path={}; prog",
        "RANDOM={} prog",
        "_x={} prog",
        "x+={} prog",
        "x[1]={} prog",
        "x=~{} prog",
        "x={}; $x",
        "x={}; y=$x; sh -c \"$y\"",
        "x={}; sh $x",
        "for i in 1 2; do sh -c \"$x\"; x={}; done",
        "x={}; echo $((x))",
        "echo $((x)); x={}",
        "x={}; echo ${y[x]}",
        "x={}; echo $y[x]",
        "x={}; echo \"$y[x]\"",
        "x={}; ls [x]",
        "x={}; echo ${!x}",
        "x={}; echo ${y:x}",
        "x={}; [[ x -eq 1 ]]",
        "x={}; [ x -eq 1 ]",
        "x={}; test -v x",
        "x={}; printf %d x",
        "x={}; exit x",
        "x={}; declare -i x",
        "x={}; typeset y",
        "x={}; read -a y",
        "echo {} | read COLUMNS",
        "x={}; unset y",
        "x={}; export -n y",
        "x={}; export y=$x",
        "x={}; echo $=x",
        "x={}; echo >&$x",
        "x={}; cat <<E\n$x\nE",
        "x={}; command -v x; command let x",
        "x={}; [ x $y 1 ]",
        "x{#}={}; sh -c \"$x2\"",
        "'x'={} prog",
        "echo {} | while read x; do echo $((x)); done",
        "echo {} | { read -r x; let $x; }",
        "echo {} | { command read x; test -v \"$x\"; }",
        "echo {} | { mapfile x; test -v \"$x\"; }",
        "echo {} | { read; sh -c \"$REPLY\"; }",
        "${y}x={} prog",
    ] {
        refused(text);
    }
}

#[test]
fn numbers_are_digits_anywhere() {
    for (text, parts) in [
        ("echo {#} x{%}", "echo # x%"),
        ("echo '{#}'", "echo '#'"),
        (
            "CUDA_VISIBLE_DEVICES=$(({%} - 1)) python {}",
            "CUDA_VISIBLE_DEVICES=$((% - 1)) python A0",
        ),
        (
            "py \"$((({%} + x) * $y))\" {}",
            "py \"$(((% + x) * $y))\" A0",
        ),
        ("py $((`a` + {#}))", "py $((`a` + #))"),
        ("x[{#}]=1; a {}", "x[#]=1; a A0"),
        ("cat <<E\n<a>{#}</a>\nE", "cat <<E\n<a>#</a>\nE"),
        ("sh -c 'echo {#}'", "sh -c 'echo #'"),
        ("sh -c \"echo {#}\"", "sh -c \"echo #\""),
        ("eval \"a {#}\"; set -- {%}", "eval \"a #\"; set -- %"),
        ("echo `expr {#} + 1`", "echo `expr # + 1`"),
        (
            "for i in {1..{#}}; do a; done",
            "for i in {1..#}; do a; done",
        ),
        ("PATH={#} a", "PATH=# a"),
        ("exit {#}", "exit #"),
        ("echo {#}>f", "echo \"\"#>f"),
        ("echo 1{#}{%} 2{%}<f", "echo 1#% 2\"\"%<f"),
        ("echo $x{#} ${x}{#}", "echo $x\"\"# ${x}#"),
        ("echo \"$x{#}\"", "echo \"$x\"\"#\""),
        ("echo {#}> f x{#}>f", "echo \"\"#> f x#>f"),
    ] {
        assert_eq!(accepted(text), parts);
    }
    for text in [
        "echo \\{#}",
        "sh -c 'echo {#}>f'",
        "sh -c \"echo {#}>f\"",
        "sh -c \"echo \\$x{#}\"",
        "sh -c 'echo $x{#}'",
        "echo `a {#}>f`",
        "echo ${x{#}}",
        "echo '\\{#}'",
    ] {
        refused(text);
    }
    assert_eq!(accepted("echo ${#} $x${%}"), "echo ${#} $x${%}");
}

#[test]
fn a_backslash_before_a_newline_is_a_blank_between_blanks() {
    for (text, parts) in [
        ("a -i {} \\\n -o x", "a -i A0 \\\n -o x"),
        ("a {} \\\n{} \\\n\\\n {}", "a A0 \\\nA0 \\\n\\\n A0"),
        ("a b\\\n {}", "a b\\\n A0"),
        ("a {}\\\n b", "a B0\\\n b"),
    ] {
        assert_eq!(accepted(text), parts);
    }
    for text in [
        "a <\\\n<E {}\nE",
        "a {} &\\\n& b",
        "(\\\n( {} ))",
        "a b\\\nc {}",
        "a $\\\n(b) {}",
        "a \"b \\\n {}\"",
        "a \\ \\\nb {}",
        "a \\\n# {}",
    ] {
        refused(text);
    }
}

#[test]
fn plain_expansions_may_stand_beside_a_placeholder() {
    for (text, parts) in [
        ("echo {} \"${1%.*}\"", "echo A0 \"${1%.*}\""),
        ("echo \"${1%.*}\" {}", "echo \"${1%.*}\" A0"),
        ("echo ${x:-y}{} ${#x}", "echo ${x:-y}B0 ${#x}"),
        ("echo ${x##*/} ${x//_/-} {}", "echo ${x##*/} ${x//_/-} A0"),
    ] {
        assert_eq!(accepted(text), parts);
    }
    for text in [
        "echo ${x:-{}}",
        "echo ${x:-$(a)} {}",
        "echo ${x:-'a'} {}",
        "echo ${x:1} {}",
        "echo ${x[1]} {}",
        "echo ${!x} {}",
        "echo ${x@P} {}",
        "echo ${(e)x} {}",
        "echo ${x:=a} {}",
        "echo \"$x[{}]\"",
        "echo $x[1] {}",
        "echo $((x[1])) {}",
        "echo $(($1)) {}",
        "echo $((`a`)) {}",
        "echo $((a) | (b)) {}",
        "echo $((1 + {}))",
    ] {
        refused(text);
    }
}
