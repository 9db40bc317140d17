//! Who a request says it is from.

use http::request::Parts;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Refusal;
use crate::wire::uri;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A week, the longest life of a presigned request.
const LONGEST_EXPIRY_S: i64 = 604_800;

/// Where the signature travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query of a presigned address, valid for so many seconds.
    Query { expires_s: i64 },
}

/// The identity, scope and signature that a request states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub access_key_id: String,
    /// `YYYYMMDD` of the credential scope.
    pub day: String,
    pub region: String,
    /// The signing name: `s3`, `states`, `lambda`.
    pub service: String,
    /// Lowercase header names, in the order given.
    pub signed_headers: Vec<String>,
    pub signature: String,
    /// `YYYYMMDD'T'HHMMSS'Z'`, as sent.
    pub amz_date: String,
    pub signed_at: Timestamp,
    pub form: Form,
    pub session_token: Option<String>,
}

impl Claim {
    /// What `parts` states.
    ///
    /// # Errors
    /// [`Refusal::Missing`] when there is no signature at all, [`Refusal::Incomplete`] when one cannot be read.
    pub fn read(parts: &Parts) -> Result<Claim, Refusal> {
        if let Some(value) = parts.headers.get(http::header::AUTHORIZATION) {
            let text = value.to_str().map_err(|_| incomplete("Authorization is not text."))?;
            return from_header(parts, text);
        }
        let query = uri::query_pairs(parts.uri.query().unwrap_or_default());
        if query.iter().any(|(name, _)| name == "X-Amz-Signature" || name == "X-Amz-Algorithm") {
            return from_query(&query);
        }
        Err(Refusal::Missing)
    }

    /// `DAY/REGION/SERVICE/aws4_request`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day, self.region, self.service)
    }
}

fn from_header(parts: &Parts, text: &str) -> Result<Claim, Refusal> {
    let (algorithm, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    if algorithm != ALGORITHM {
        return Err(Refusal::Unsupported(algorithm.chars().take(40).collect()));
    }
    let mut fields = Fields::default();
    for part in rest.split(',') {
        let Some((name, value)) = part.trim().split_once('=') else { continue };
        match name {
            "Credential" => fields.credential = Some(value.to_owned()),
            "SignedHeaders" => fields.signed_headers = Some(value.to_owned()),
            "Signature" => fields.signature = Some(value.to_owned()),
            _ => {}
        }
    }
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    fields.date = header("x-amz-date").or_else(|| header("date"));
    fields.token = header("x-amz-security-token");
    fields.claim(Form::Header)
}

fn from_query(query: &[(String, String)]) -> Result<Claim, Refusal> {
    let get = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let algorithm = get("X-Amz-Algorithm").unwrap_or_default();
    if algorithm != ALGORITHM {
        return Err(Refusal::Unsupported(algorithm.chars().take(40).collect()));
    }
    let expires = get("X-Amz-Expires").ok_or_else(|| incomplete("X-Amz-Expires is missing."))?;
    let expires_s: i64 = expires.parse().map_err(|_| incomplete("X-Amz-Expires should be a number"))?;
    if !(0..=LONGEST_EXPIRY_S).contains(&expires_s) {
        return Err(incomplete("X-Amz-Expires must be non-negative and less than a week (in seconds)"));
    }
    let fields = Fields {
        credential: get("X-Amz-Credential"),
        signed_headers: get("X-Amz-SignedHeaders"),
        signature: get("X-Amz-Signature"),
        date: get("X-Amz-Date"),
        token: get("X-Amz-Security-Token"),
    };
    fields.claim(Form::Query { expires_s })
}

#[derive(Default)]
struct Fields {
    credential: Option<String>,
    signed_headers: Option<String>,
    signature: Option<String>,
    date: Option<String>,
    token: Option<String>,
}

impl Fields {
    fn claim(self, form: Form) -> Result<Claim, Refusal> {
        let missing = |name: &str| incomplete(&format!("Authorization header requires '{name}' parameter."));
        let credential = self.credential.ok_or_else(|| missing("Credential"))?;
        let signature = self.signature.ok_or_else(|| missing("Signature"))?;
        let signed_headers = self.signed_headers.ok_or_else(|| missing("SignedHeaders"))?;
        let amz_date = self.date.ok_or_else(|| {
            incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        })?;
        let mut scope = credential.rsplitn(5, '/');
        let (end, service, region, day, key) = (scope.next(), scope.next(), scope.next(), scope.next(), scope.next());
        let (Some("aws4_request"), Some(service), Some(region), Some(day), Some(key)) =
            (end, service, region, day, key)
        else {
            return Err(incomplete(
                "Credential must have exactly 5 slash-delimited elements: keyid/date/region/service/aws4_request",
            ));
        };
        let signed_at = parse_amz_date(&amz_date)
            .ok_or_else(|| incomplete("Date must be in ISO-8601 'basic format': YYYYMMDD'T'HHMMSS'Z'"))?;
        if !amz_date.starts_with(day) {
            return Err(incomplete("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date"));
        }
        let signed_headers: Vec<String> = signed_headers.split(';').map(str::to_ascii_lowercase).collect();
        if !signed_headers.iter().any(|name| name == "host") {
            return Err(incomplete("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."));
        }
        Ok(Claim {
            access_key_id: key.to_owned(),
            day: day.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers,
            signature,
            amz_date,
            signed_at,
            form,
            session_token: self.token,
        })
    }
}

fn incomplete(message: &str) -> Refusal {
    Refusal::Incomplete(message.to_owned())
}

/// The instant that `20261122T154141Z` names.
fn parse_amz_date(text: &str) -> Option<Timestamp> {
    if text.len() != 16 || !text.ends_with('Z') {
        return None;
    }
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}
