"""The tagger: what a picture shows, in one sentence."""
