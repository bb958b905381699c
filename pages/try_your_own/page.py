import streamlit as st

st.title("try_your_own")
