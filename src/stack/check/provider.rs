//! Where the stack goes: the provider and its region.

use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::stack::Stack;

/// Regions with Lambda, Step Functions and API Gateway, of all partitions.
///
/// Source: <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Checks the provider's name and the region.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    if let Some(name) = stack.provider.name.as_ref().filter(|name| name.as_str() != "aws") {
        let message = format!("the provider `{}` is not supported: stacks are deployed to AWS", name.as_str());
        found.push(Diagnostic::error(Code::UnsupportedKey, name.span, message).hint("write `name: aws`"));
    }
    region(stack, found);
}

/// One more region of a place that has some may have been opened since: it is only asked about.
fn region(stack: &Stack, found: &mut Vec<Diagnostic>) {
    let region = stack.region.as_str();
    if REGIONS.contains(&region) {
        return;
    }
    let message = format!("there is no region `{region}`");
    let written = stack.provider.region.as_ref().filter(|written| written.span != stack.span);
    let mut diagnostic = match written {
        Some(written) => Diagnostic::error(Code::OutOfRange, written.span, message),
        None => Diagnostic::nowhere(Code::OutOfRange, message)
            .remark("it comes from `--region`, `AWS_REGION` or the profile"),
    };
    if is_further(region) {
        diagnostic.severity = Severity::Warning;
        diagnostic.message = format!("the region `{region}` is not known");
    }
    found.push(match nearest(region, REGIONS.iter().copied()) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint("write a region such as `us-east-1` or `eu-west-1`"),
    });
}

/// Whether a region of this name would lie where others do.
fn is_further(region: &str) -> bool {
    let place = |region: &str| {
        region.rsplit_once('-').filter(|(_, number)| number.parse::<u8>().is_ok()).map(|(place, _)| place.to_owned())
    };
    place(region).is_some_and(|wanted| REGIONS.iter().any(|known| place(known).as_ref() == Some(&wanted)))
}
