"""placeholder"""


def write(result, settings, folder):
    return folder
