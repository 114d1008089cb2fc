"""Say what is true: frozen value types that every other package speaks in (DESIGN.md section 2)."""
