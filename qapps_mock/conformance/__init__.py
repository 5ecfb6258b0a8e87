"""The conformance kit: probes that compare this mock with AWS. Only the command ``qapps-mock conformance`` imports it."""
