"""The writers: four personas of one small language model, each giving one sentence for some words."""
