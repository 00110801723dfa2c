"""The only Streamlit inside the package: the server, its routes and the components."""
