"""A scene player: sample faces moved, turned, lit and blurred as a camera would see living heads."""
