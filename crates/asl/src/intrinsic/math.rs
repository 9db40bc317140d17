//! The functions over numbers.

use serde_json::Value;

/// Java's `Math.round`: halves go up.
fn rounded(value: &Value, place: &str) -> Result<i64, String> {
    let number = value.as_f64().ok_or_else(|| format!("The {place} argument must be a number"))?;
    match value.as_i64() {
        Some(whole) => Ok(whole),
        None if number.abs() < 9.0e18 => Ok((number + 0.5).floor() as i64),
        None => Err(format!("The {place} argument is out of range")),
    }
}

pub(super) fn add(values: &[Value]) -> Result<Value, String> {
    let (left, right) = (rounded(&values[0], "first")?, rounded(&values[1], "second")?);
    let sum = left.checked_add(right).filter(|sum| i32::try_from(*sum).is_ok());
    sum.map(Value::from).ok_or_else(|| "The sum is out of range".into())
}

/// From the first number (included) to the second (not included).
pub(super) fn random(values: &[Value], random: &mut fastrand::Rng) -> Result<Value, String> {
    let (from, to) = (rounded(&values[0], "first")?, rounded(&values[1], "second")?);
    if from >= to {
        return Err("The first argument must be less than the second".into());
    }
    let number = match values.get(2) {
        Some(seed) => fastrand::Rng::with_seed(rounded(seed, "third")? as u64).i64(from..to),
        None => random.i64(from..to),
    };
    Ok(Value::from(number))
}
