"""The one exception that users see."""


class UserError(Exception):
    """Something the user can fix; the message is one sentence that names the problem and the remedy.

    The command line prints it and exits with 2; the app shows it instead of the result.
    """
