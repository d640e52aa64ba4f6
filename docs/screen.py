"""Turns a screen with colours, as `tmux capture-pane -p -e` prints it, into an SVG."""

import html
import re
import sys

COLOURS = {31: "#e06c75", 32: "#98c379", 33: "#e5c07b", 34: "#61afef", 35: "#c678dd", 36: "#56b6c2"}
PLAIN, BACK = "#d7dae0", "#1e2127"
WIDTH, HEIGHT = 8.4, 18
# A row of blanks is one blank to an SVG.
NO_BREAK = "\u00a0"


# A look lasts until it is changed, also from line to line.
colour, bold, dim = PLAIN, False, False


def pieces(line):
    """The texts of a line, each with its column and its look."""
    global colour, bold, dim
    column = 0
    for text in re.split(r"(\x1b\[[0-9;]*m)", line):
        if not text.startswith("\x1b"):
            if text:
                yield column, text, colour, bold, dim
            column += len(text)
            continue
        for code in (int(code or 0) for code in text[2:-1].split(";")):
            if code == 0:
                colour, bold, dim = PLAIN, False, False
            elif code == 1:
                bold = True
            elif code == 2:
                dim = True
            elif code == 39:
                colour = PLAIN
            else:
                colour = COLOURS.get(code, colour)


lines = sys.stdin.read().rstrip("\n").split("\n")
wide, high = round(78 * WIDTH + 24), len(lines) * HEIGHT + 24
print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">')
print(f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>')
print('<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">')
for row, line in enumerate(lines):
    for column, text, fill, strong, faint in pieces(line):
        look = ' font-weight="bold"' if strong else ""
        look += ' opacity="0.6"' if faint else ""
        x, y = round(12 + column * WIDTH, 1), 12 + (row + 1) * HEIGHT - 5
        length = round(len(text) * WIDTH, 1)
        shown = html.escape(text).replace(" ", NO_BREAK)
        print(f'<text x="{x}" y="{y}" textLength="{length}" fill="{fill}"{look}>{shown}</text>')
print("</g></svg>")
