"""From pixels to numbers, one stage a file. A stage takes plain values and knows no configuration."""
