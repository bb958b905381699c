"""The app as a server: who is let in, what is answered to browsers, and a public visitor's turns at computing."""
