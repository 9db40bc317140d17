//! JSON Web Tokens as HTTP APIs check them: the signature by the issuer's published keys, and the claims.
//!
//! Source: API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers".

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents};
use serde_json::{Map, Value, json};

use crate::Cloud;

/// How long the keys of an issuer are believed.
/// Source: as above, "API Gateway can cache the public key for two hours".
const KEYS_KEPT_MS: i64 = 2 * 3600 * 1000;

/// How long an issuer may take to answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest document of an issuer that is read.
const DOCUMENT_BYTES: u64 = 1024 * 1024;

/// Why a token lets nobody in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// It is no token that this authorizer believes.
    #[error("{0}")]
    Invalid(String),
    /// It has none of the scopes that the route asks for.
    #[error("the token has none of the scopes {0}")]
    Scope(String),
}

impl Rejected {
    fn because(reason: &str) -> Rejected {
        Rejected::Invalid(reason.to_owned())
    }
}

/// A token, taken apart and not believed yet.
struct Token<'a> {
    header: Value,
    claims: Map<String, Value>,
    signed: &'a [u8],
    signature: Vec<u8>,
}

/// Checks a token by an authorizer's `JwtConfiguration`, and answers `{"claims": …, "scopes": …}` as functions get it.
///
/// # Errors
/// What is wrong with it, or with its issuer.
pub async fn check(
    cloud: &Arc<Cloud>,
    configuration: &Value,
    wanted_scopes: &[&str],
    token: &str,
) -> Result<Value, Rejected> {
    let token = token.strip_prefix("Bearer ").or_else(|| token.strip_prefix("bearer ")).unwrap_or(token);
    let token = parse(token.trim())?;
    let issuer = configuration["Issuer"].as_str().unwrap_or_default();
    verify(cloud, issuer, &token).await?;
    check_claims(&token.claims, issuer, &configuration["Audience"], cloud.clock.now_ms() / 1000)?;
    let scopes = scopes(&token.claims);
    if !wanted_scopes.is_empty() && !wanted_scopes.iter().any(|wanted| scopes.iter().any(|scope| scope == wanted)) {
        return Err(Rejected::Scope(wanted_scopes.join(" ")));
    }
    let scopes = if wanted_scopes.is_empty() { Value::Null } else { json!(scopes) };
    let claims: Map<String, Value> = token.claims.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    Ok(json!({"claims": claims, "scopes": scopes}))
}

fn parse(token: &str) -> Result<Token<'_>, Rejected> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err(Rejected::because("the token has not three parts"));
    };
    let bytes = |part: &str| {
        URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).map_err(|_| Rejected::because("the token is no Base64"))
    };
    let object = |part: &str| -> Result<Map<String, Value>, Rejected> {
        serde_json::from_slice(&bytes(part)?).map_err(|_| Rejected::because("a part of the token is no JSON object"))
    };
    Ok(Token {
        header: Value::Object(object(header)?),
        claims: object(claims)?,
        signed: &token.as_bytes()[..header.len() + 1 + claims.len()],
        signature: bytes(signature)?,
    })
}

/// Only RSA signatures are believed, as on AWS.
fn algorithm(name: &str) -> Option<&'static RsaParameters> {
    match name {
        "RS256" => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    }
}

async fn verify(cloud: &Arc<Cloud>, issuer: &str, token: &Token<'_>) -> Result<(), Rejected> {
    let name = token.header["alg"].as_str().unwrap_or_default();
    let algorithm = algorithm(name).ok_or_else(|| Rejected::because("the token's algorithm is not one of RSA"))?;
    let key = key(cloud, issuer, token.header["kid"].as_str()).await?;
    let number = |member: &str| {
        let text = key[member].as_str().unwrap_or_default();
        URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .map_err(|_| Rejected::because("the issuer's key is malformed"))
    };
    let public = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
    public
        .verify(algorithm, token.signed, &token.signature)
        .map_err(|_| Rejected::because("the token's signature is not the issuer's"))
}

/// The issuer's key of this id; its keys are asked for again when the id is a new one.
async fn key(cloud: &Arc<Cloud>, issuer: &str, id: Option<&str>) -> Result<Value, Rejected> {
    let memory = &cloud.apigateway.gateway;
    let now = cloud.clock.now_ms();
    let find = |keys: &Value| {
        let keys = keys["keys"].as_array()?;
        keys.iter().find(|key| key["kty"] == "RSA" && id.is_some_and(|id| key["kid"] == id)).cloned()
    };
    if let Some(found) = memory.keys(issuer, now).as_ref().and_then(find) {
        return Ok(found);
    }
    let asked = issuer.to_owned();
    let fetched = tokio::task::spawn_blocking(move || fetch_keys(&asked)).await;
    let keys = fetched
        .map_err(|error| Rejected::Invalid(error.to_string()))?
        .map_err(|error| Rejected::Invalid(format!("the keys of the issuer {issuer} cannot be read: {error}")))?;
    memory.keep_keys(issuer, now + KEYS_KEPT_MS, keys.clone());
    find(&keys).ok_or_else(|| Rejected::because("the issuer has no key of the token's kid"))
}

/// The key set that an issuer's discovery document names.
///
/// Source: OpenID Connect Discovery 1.0, section 4.
fn fetch_keys(issuer: &str) -> Result<Value, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(FETCH_TIMEOUT)).build().into();
    let read = |address: &str| -> Result<Value, ureq::Error> {
        agent.get(address).call()?.body_mut().with_config().limit(DOCUMENT_BYTES).read_json()
    };
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovered = read(&address)?;
    read(discovered["jwks_uri"].as_str().unwrap_or_default())
}

fn check_claims(claims: &Map<String, Value>, issuer: &str, audience: &Value, now_s: i64) -> Result<(), Rejected> {
    let refuse = |reason: &str| Err(Rejected::because(reason));
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return refuse("the token is not of this issuer");
    }
    let allowed: Vec<&str> = audience.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    // `client_id` counts only where there is no `aud`: access tokens of Cognito have none.
    let given = claims.get("aud").or_else(|| claims.get("client_id"));
    let fits = match given {
        Some(Value::String(one)) => allowed.contains(&one.as_str()),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).any(|one| allowed.contains(&one)),
        _ => false,
    };
    if !fits {
        return refuse("the token is not for this audience");
    }
    let seconds = |name: &str| claims.get(name).map(|value| value.as_f64().map_or(i64::MAX, |number| number as i64));
    match claims.get("exp").and_then(Value::as_f64) {
        Some(until) if until as i64 > now_s => {}
        Some(_) => return refuse("the token has expired"),
        None => return refuse("the token has no time to expire"),
    }
    if seconds("nbf").is_some_and(|from| from > now_s) {
        return refuse("the token is not valid yet");
    }
    if seconds("iat").is_some_and(|issued| issued > now_s) {
        return refuse("the token was issued in the future");
    }
    Ok(())
}

/// The scopes of a token: `scope` with spaces between them, or the list `scp`.
fn scopes(claims: &Map<String, Value>) -> Vec<String> {
    match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(all)) => all.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A claim as functions get it: always text; lists in brackets.
fn text(value: &Value) -> Value {
    match value {
        Value::String(_) | Value::Null => value.clone(),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect();
            json!(format!("[{}]", items.join(" ")))
        }
        other => json!(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked(claims: Value) -> Result<(), String> {
        let claims = claims.as_object().cloned().unwrap_or_default();
        check_claims(&claims, "https://me", &json!(["one", "two"]), 1000).map_err(|rejected| rejected.to_string())
    }

    #[test]
    fn every_claim_is_looked_at() {
        let with = |name: &str, value: Value| {
            let mut claims = json!({"iss": "https://me", "aud": "one", "exp": 1001, "nbf": 999, "iat": 999});
            claims[name] = value;
            checked(claims)
        };
        assert_eq!(with("sub", json!("you")), Ok(()));
        assert_eq!(with("aud", json!(["three", "two"])), Ok(()));
        for (name, value, said) in [
            ("iss", json!("https://other"), "issuer"),
            ("aud", json!("three"), "audience"),
            ("aud", json!(7), "audience"),
            ("exp", json!(1000), "expired"),
            ("exp", Value::Null, "no time to expire"),
            ("nbf", json!(1001), "not valid yet"),
            ("nbf", json!("soon"), "not valid yet"),
            ("iat", json!(1001), "future"),
        ] {
            let refused = with(name, value).unwrap_err();
            assert!(refused.contains(said), "{name}: {refused}");
        }
        let of_cognito = json!({"iss": "https://me", "client_id": "two", "exp": 2000});
        assert_eq!(checked(of_cognito), Ok(()));
        assert!(checked(json!({"iss": "https://me", "aud": "no", "client_id": "two", "exp": 2000})).is_err());
    }

    #[test]
    fn only_signatures_of_rsa_are_believed() {
        assert!(algorithm("RS256").is_some() && algorithm("none").is_none() && algorithm("HS256").is_none());
    }

    #[test]
    fn claims_are_text() {
        assert_eq!(text(&json!(["a", 1])), json!("[a 1]"));
        assert_eq!((text(&json!(1.5)), text(&json!(true))), (json!("1.5"), json!("true")));
    }

    proptest! {
        #[test]
        fn no_token_makes_it_panic(token in "[a-zA-Z0-9_.=é-]{0,40}") {
            let _ = parse(&token);
        }
    }
}
