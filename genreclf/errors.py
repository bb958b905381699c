"""The one exception that reaches a user, and the sentence it carries."""


class UserError(Exception):
    """Something the user can mend; its text is one sentence that names the thing and the remedy.

    The command line prints it and exits with 2, the app shows it in place of the result.
    """
