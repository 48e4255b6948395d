"""What every other room uses: parts and their registry, public paths, warnings, versions."""
