//! Where events come from: the ARNs of queues, streams and layers, the changes of buckets.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::event::{Event, S3Choice, SqsChoice, StreamChoice};
use crate::stack::{Expr, Stack, Text};

/// Checks the sources of every function.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    for function in stack.functions.iter() {
        for event in &function.value.events {
            source(event, found);
        }
        for layer in function.value.layers.iter().flatten() {
            arn(shown(layer), layer.span, "a layer", "lambda", found);
        }
    }
}

fn source(event: &Event, found: &mut Vec<Diagnostic>) {
    match event {
        Event::Sqs(choice) => match choice.as_ref() {
            SqsChoice::Arn(text) => arn(plain(text), text.span, "a queue", "sqs", found),
            SqsChoice::Detailed(details) => written(details.arn.as_ref(), "a queue", "sqs", found),
        },
        Event::Stream(choice) => match choice.as_ref() {
            StreamChoice::Arn(text) => arn(plain(text), text.span, "a stream", "kinesis", found),
            StreamChoice::Detailed(details) => written(details.arn.as_ref(), "a stream", "kinesis", found),
        },
        Event::S3(choice) => {
            if let S3Choice::Detailed(details) = choice.as_ref()
                && let Some(change) =
                    details.event.as_ref().filter(|change| plain(change).is_some_and(|text| !text.starts_with("s3:")))
            {
                let message = format!("`{}` is no change of a bucket", change.as_str());
                let hint = "write `s3:ObjectCreated:*`, `s3:ObjectRemoved:*` or one of their kinds";
                found.push(Diagnostic::error(Code::WrongType, change.span, message).hint(hint));
            }
        }
        _ => {}
    }
}

fn written(value: Option<&Expr>, what: &str, service: &str, found: &mut Vec<Diagnostic>) {
    if let Some(value) = value {
        arn(shown(value), value.span, what, service, found);
    }
}

/// The text, unless it is secret.
fn plain(text: &Text) -> Option<&str> {
    (!text.secret).then(|| text.as_str())
}

/// The text, unless CloudFormation makes it or it is secret.
fn shown(value: &Expr) -> Option<&str> {
    value.as_str().filter(|_| !value.secret)
}

/// Reports a text that is no ARN; what CloudFormation fills in is not looked at.
fn arn(text: Option<&str>, span: Span, what: &str, service: &str, found: &mut Vec<Diagnostic>) {
    let Some(text) = text.filter(|text| !text.starts_with("arn:") && !text.contains("${") && !text.contains("#{"))
    else {
        return;
    };
    let hint = match service {
        "lambda" => format!(
            "write `arn:aws:lambda:REGION:ACCOUNT:layer:{text}:VERSION`, or `!Ref {}LambdaLayer` for one of `layers`",
            crate::stack::normalized(text)
        ),
        "kinesis" => {
            format!(
                "write `arn:aws:kinesis:REGION:ACCOUNT:stream/{text}`, or `{{arn: !GetAtt ID.Arn}}` for one of `resources`"
            )
        }
        _ => format!(
            "write `arn:aws:{service}:REGION:ACCOUNT:{text}`, or `{{arn: !GetAtt ID.Arn}}` for one of `resources`"
        ),
    };
    let message = format!("{what} is given by its ARN, and `{text}` is none");
    found.push(Diagnostic::error(Code::WrongType, span, message).hint(hint));
}
