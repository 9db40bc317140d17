//! IAM: statements, and the role that functions share.

use serde_json::Value;

use crate::source::{Kind, Node, Span};

use super::alternative::is_intrinsic;
use super::reader::{Decode, Reader};
use super::section::section;
use super::shape::Shape;
use super::value::{Any, Expr, Map, Text};

/// One statement of an IAM policy, in IAM's own words; or a CloudFormation function that makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub value: Value,
    pub span: Span,
}

impl Decode for Statement {
    fn shape() -> Shape {
        Shape::Section("an IAM statement", <StatementKeys as super::reader::Section>::table)
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Statement> {
        if !matches!(node.kind, Kind::Mapping(_)) {
            reader.wrong(node, "an IAM statement");
            return None;
        }
        if !is_intrinsic(node) {
            StatementKeys::decode(node, reader)?;
            for (key, opposite) in [("Effect", "Effect"), ("Action", "NotAction"), ("Resource", "NotResource")] {
                if node.get(key).is_none() && node.get(opposite).is_none() {
                    reader.missing(node, key);
                }
            }
        }
        Some(Statement { value: node.to_json(), span: node.span })
    }
}

section! {
    /// The keys of an IAM statement.
    StatementKeys, "an IAM statement" {
        /// `Allow` or `Deny`.
        "Effect" => effect: Option<Text>, words ["Allow", "Deny"];
        /// Actions, such as `dynamodb:PutItem`.
        "Action" => action: Option<Any>;
        /// All actions but these.
        "NotAction" => not_action: Option<Any>;
        /// ARNs.
        "Resource" => resource: Option<Any>;
        /// All resources but these.
        "NotResource" => not_resource: Option<Any>;
        /// Under which conditions.
        "Condition" => condition: Option<Any>;
        /// A name of the statement.
        "Sid" => sid: Option<Text>;
        /// Who (in policies of resources).
        "Principal" => principal: Option<Any>;
        /// All but these.
        "NotPrincipal" => not_principal: Option<Any>;
    }
}

section! {
    /// Rights.
    Iam, "`provider.iam`" {
        /// The role of the functions: an ARN, a logical id of `resources`, or what it is made of.
        "role" => role: Option<Role>;
        /// The role that CloudFormation works with.
        "deploymentRole" => deployment_role: Option<Expr>;
    }
}

/// The role of the functions.
#[derive(Clone, Debug, PartialEq)]
pub enum Role {
    /// One that exists: an ARN, a logical id, a CloudFormation function.
    Existing(Expr),
    Made(Box<RoleDetails>),
}

impl Decode for Role {
    fn shape() -> Shape {
        Shape::OneOf(vec![Shape::Expression, RoleDetails::shape()])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Role> {
        if matches!(node.kind, Kind::Mapping(_)) && !is_intrinsic(node) {
            RoleDetails::decode(node, reader).map(|details| Role::Made(Box::new(details)))
        } else {
            Expr::decode(node, reader).map(Role::Existing)
        }
    }
}

section! {
    /// The role that is made for the functions.
    RoleDetails, "the functions' role" {
        /// Its name.
        "name" => name: Option<Expr>;
        /// Its path, `/` unless given.
        "path" => path: Option<Text>;
        /// What functions may do.
        "statements" => statements: Vec<Statement>;
        /// Policies of AWS or of the account, by ARN.
        "managedPolicies" => managed_policies: Vec<Expr>;
        /// The most that the role may do, by ARN.
        "permissionsBoundary" => permissions_boundary: Option<Expr>;
        /// The same.
        "permissionBoundary" => permission_boundary: Option<Expr>, instead "permissionsBoundary";
        /// Tags of the role.
        "tags" => tags: Map<Expr>;
    }
}
