"""The portal: sign-in, the pages, and the only path at which a cookie counts."""
