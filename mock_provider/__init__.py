"""The provider behind the system: known tokens, paced, limited, faulty on purpose, written down."""
