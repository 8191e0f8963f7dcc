"""ComfyUI's workflows and answers, as far as they can be understood without asking anybody."""
