"""What `faceauthd doctor` looks at: small checks, each a function from what it is handed to findings."""
