"""Bars in an SVG, drawn by hand: panels side by side, one bar a contender."""
from html import escape

WIDTH, BAR, GAP, TOP, LABELS = 960, 22, 10, 74, 150
COLOURS = ("#0b6e4f", "#8d99ae")  # rollcall, a peer
FONT = "font-family='DejaVu Sans, Helvetica, Arial, sans-serif'"


def text(x, y, words, size=13, anchor="start", weight="normal",
         colour="#222"):
    return (f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' {FONT} "
            f"text-anchor='{anchor}' font-weight='{weight}' "
            f"fill='{colour}'>{escape(words)}</text>")


def panel(left, width, title, bars):
    """BARS: [(value, label)]; the first is rollcall's."""
    largest = max(value for value, _ in bars) or 1
    room = width - 62
    parts = [text(left, TOP - 14, title, weight="bold")]
    for i, (value, label) in enumerate(bars):
        y = TOP + i * (BAR + GAP)
        length = max(2, room * value / largest)
        parts.append(f"<rect x='{left:.1f}' y='{y}' width='{length:.1f}' "
                     f"height='{BAR}' rx='2' "
                     f"fill='{COLOURS[0 if i == 0 else 1]}'/>")
        parts.append(text(left + length + 5, y + BAR - 6, label, 12))
    return parts


def draw(title, note, names, panels):
    """The SVG. PANELS: [(title, [(value, label) as names has names])]."""
    height = TOP + len(names) * (BAR + GAP) + 34
    width = (WIDTH - LABELS) / len(panels)
    parts = [text(16, 28, title, 17, weight="bold")]
    for i, name in enumerate(names):
        parts.append(text(LABELS - 10, TOP + i * (BAR + GAP) + BAR - 6, name,
                          13, "end", "bold" if i == 0 else "normal"))
    for i, (heading, bars) in enumerate(panels):
        parts += panel(LABELS + i * width, width, heading, bars)
    parts.append(text(16, height - 12, note, 11, colour="#555"))
    return (f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' "
            f"height='{height}' viewBox='0 0 {WIDTH} {height}'>"
            f"<rect width='100%' height='100%' fill='#fff'/>"
            + "\n".join(parts) + "</svg>\n")
