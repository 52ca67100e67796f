//! Colours, dashes and markers.
//!
//! Plots are drawn in the colours of the light theme, so that an SVG cut out of the page stands on its own. The style sheet
//! replaces each by its colour of the theme in use, and adds the dashes.

use std::fmt::Write as _;

use plotters::style::RGBColor;

/// Number of scorers that can have a colour of their own.
pub const MOST_HIGHLIGHTED: usize = SERIES.len();

/// Width, in tenths of a pixel, of the lines that are dashed by scorer; intervals and frames have other widths and stay solid.
pub const DASHED_WIDTH: u32 = 20;

/// What a mark is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Text.
    Text,
    /// Text and lines of less weight.
    Muted,
    /// Lines of the grid.
    Grid,
    /// Scorers that are not highlighted.
    Other,
    /// Scorers that are highlighted, by their place.
    Series(usize),
}

/// Shape of the markers of a scorer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A disc.
    Circle,
    /// A square on its side.
    Square,
    /// A triangle, point up.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A triangle, point down.
    Wedge,
    /// An upright cross.
    Plus,
    /// A cross on its side.
    Cross,
}

struct Hue {
    light: RGBColor,
    dark: RGBColor,
    /// Lengths of strokes and gaps in tenths of a pixel; empty for a solid line.
    dash: &'static str,
    shape: Shape,
}

/// The hues of Okabe and Ito (2008, "Color universal design"), which people with any colour vision tell apart, the yellow left out.
/// Those too pale for white paper are darkened and those too dark for a dark screen lightened, to a contrast of 3:1.
const SERIES: [Hue; 7] = [
    hue((0x00, 0x72, 0xB2), (0x4A, 0xA3, 0xE0), "", Shape::Circle),
    hue((0xD5, 0x5E, 0x00), (0xF0, 0x7C, 0x28), "80 30", Shape::Square),
    hue((0x00, 0x93, 0x6B), (0x1F, 0xBF, 0x92), "25 25", Shape::Triangle),
    hue((0xB8, 0x5C, 0x90), (0xDD, 0x90, 0xBC), "90 30 20 30", Shape::Diamond),
    hue((0x1A, 0x1A, 0x1A), (0xF2, 0xF2, 0xF2), "140 40", Shape::Wedge),
    hue((0xBD, 0x80, 0x00), (0xE6, 0x9F, 0x00), "50 20", Shape::Plus),
    hue((0x2E, 0x92, 0xCA), (0x8C, 0xD0, 0xF5), "90 25 20 25 20 25", Shape::Cross),
];

const TEXT: Hue = hue((0x22, 0x26, 0x2B), (0xE4, 0xE7, 0xEB), "", Shape::Circle);
const MUTED: Hue = hue((0x5C, 0x64, 0x6E), (0xA3, 0xAC, 0xB7), "", Shape::Circle);
const GRID: Hue = hue((0xE3, 0xE6, 0xEA), (0x2E, 0x34, 0x3C), "", Shape::Circle);
const OTHER: Hue = hue((0xB4, 0xBA, 0xC2), (0x5D, 0x66, 0x71), "", Shape::Circle);

const fn hue(light: (u8, u8, u8), dark: (u8, u8, u8), dash: &'static str, shape: Shape) -> Hue {
    Hue { light: RGBColor(light.0, light.1, light.2), dark: RGBColor(dark.0, dark.1, dark.2), dash, shape }
}

impl Ink {
    fn hue(self) -> &'static Hue {
        match self {
            Self::Text => &TEXT,
            Self::Muted => &MUTED,
            Self::Grid => &GRID,
            Self::Other => &OTHER,
            Self::Series(place) => &SERIES[place % SERIES.len()],
        }
    }

    /// The colour that it is drawn in.
    pub fn color(self) -> RGBColor {
        self.hue().light
    }

    /// That colour as SVG writes it.
    pub fn hex(self) -> String {
        hex(self.color())
    }

    /// The shape of its markers.
    pub fn shape(self) -> Shape {
        self.hue().shape
    }

    fn variable(self) -> String {
        match self {
            Self::Text => "--text".into(),
            Self::Muted => "--muted".into(),
            Self::Grid => "--grid".into(),
            Self::Other => "--other".into(),
            Self::Series(place) => format!("--series-{place}"),
        }
    }
}

/// All inks.
fn inks() -> impl Iterator<Item = Ink> {
    [Ink::Text, Ink::Muted, Ink::Grid, Ink::Other].into_iter().chain((0..SERIES.len()).map(Ink::Series))
}

/// The ink of the scorer of this name.
pub fn ink_of(highlighted: &[String], scorer: &str) -> Ink {
    highlighted.iter().take(MOST_HIGHLIGHTED).position(|name| name == scorer).map_or(Ink::Other, Ink::Series)
}

fn hex(color: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}

/// Style rules that give each ink its colour of the theme in use, and each highlighted scorer its dashes.
pub fn style_sheet() -> String {
    let mut light = String::new();
    let mut dark = String::new();
    let mut rules = String::new();
    for ink in inks() {
        let (name, hue) = (ink.variable(), ink.hue());
        let drawn = hex(hue.light);
        let _ = write!(light, "{name}:{drawn};");
        let _ = write!(dark, "{name}:{};", hex(hue.dark));
        let _ = writeln!(rules, "svg [fill=\"{drawn}\"]{{fill:var({name})}}");
        let _ = writeln!(rules, "svg [stroke=\"{drawn}\"]{{stroke:var({name})}}");
        if !hue.dash.is_empty() {
            let dash = hue.dash;
            let _ = writeln!(
                rules,
                "svg polyline[stroke=\"{drawn}\"][stroke-width=\"{DASHED_WIDTH}\"]{{stroke-dasharray:{dash}}}"
            );
        }
    }
    // Paper is white whatever the screen is.
    format!(":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two colours by WCAG 2.2.
    fn contrast(one: RGBColor, other: RGBColor) -> f64 {
        let luminance = |color: RGBColor| {
            let linear = |channel: u8| {
                let share = f64::from(channel) / 255.0;
                if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(color.0) + 0.7152 * linear(color.1) + 0.0722 * linear(color.2)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    const PAPER: RGBColor = RGBColor(255, 255, 255);
    const NIGHT: RGBColor = RGBColor(0x14, 0x17, 0x1B);

    #[test]
    fn graphics_have_a_contrast_of_three() {
        for place in 0..MOST_HIGHLIGHTED {
            let hue = Ink::Series(place).hue();
            assert!(contrast(hue.light, PAPER) >= 3.0, "{place} on paper: {}", contrast(hue.light, PAPER));
            assert!(contrast(hue.dark, NIGHT) >= 3.0, "{place} on the dark: {}", contrast(hue.dark, NIGHT));
        }
    }

    #[test]
    fn text_has_a_contrast_of_four_and_a_half() {
        for ink in [Ink::Text, Ink::Muted] {
            assert!(contrast(ink.hue().light, PAPER) >= 4.5);
            assert!(contrast(ink.hue().dark, NIGHT) >= 4.5);
        }
    }

    #[test]
    fn no_two_inks_are_drawn_alike() {
        let mut drawn: Vec<String> = inks().map(|ink| hex(ink.color())).collect();
        drawn.sort();
        drawn.dedup();
        assert_eq!(drawn.len(), inks().count());
        let mut dashes: Vec<&str> = SERIES.iter().map(|hue| hue.dash).collect();
        dashes.sort_unstable();
        dashes.dedup();
        assert_eq!(dashes.len(), SERIES.len());
    }

    #[test]
    fn scorers_past_the_last_colour_are_grey() {
        let names: Vec<String> = (0..9).map(|place| format!("scorer {place}")).collect();
        assert_eq!(ink_of(&names, "scorer 6"), Ink::Series(6));
        assert_eq!(ink_of(&names, "scorer 7"), Ink::Other);
        assert_eq!(ink_of(&names, "unknown"), Ink::Other);
    }
}
