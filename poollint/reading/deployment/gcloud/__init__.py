"""Commands of `gcloud` in scripts and pipelines: what they deploy, and the databases they make."""
