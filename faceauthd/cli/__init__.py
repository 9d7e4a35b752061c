"""The commands: `faceauthd` for the appliance, `faceauthctl` for speaking to it while it runs."""
