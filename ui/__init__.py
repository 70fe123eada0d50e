"""The screens: Streamlit pages that talk HTTP to the APIs and to nothing else."""
