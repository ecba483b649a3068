"""Health: is the server there?"""
