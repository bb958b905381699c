"""What the pages share; the only part of ``genreclf`` that imports Streamlit."""
