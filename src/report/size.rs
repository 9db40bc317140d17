//! Sizes and times as people read them.

use std::time::Duration;

/// `812 B`, `1.2 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1000.0;
    let mut unit = 0;
    while amount >= 999.95 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS[unit])
}

/// `240 ms`, `3.4 s`, `2 min 5 s`.
pub fn time(took: Duration) -> String {
    let millis = took.as_millis();
    match took.as_secs() {
        0 => format!("{millis} ms"),
        1..=59 => format!("{:.1} s", took.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_read_well_at_their_borders() {
        assert_eq!([size(0), size(999), size(1000), size(999_999)].join(" "), "0 B 999 B 1.0 kB 1.0 MB");
        let times = [240, 3_400, 59_999, 125_000].map(|millis| time(Duration::from_millis(millis)));
        assert_eq!(times.join(", "), "240 ms, 3.4 s, 60.0 s, 2 min 5 s");
    }
}
