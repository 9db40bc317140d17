//! What CloudFormation knows of each resource type, one file a type.
