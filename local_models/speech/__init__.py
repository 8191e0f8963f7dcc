"""Speaking and hearing: voices that say a text, and models that write down what is said."""
