"""What two texts begin with alike: where an incremental step may start, and how much of a caption stands."""


def common_prefix(one: str, other: str) -> int:
    """Code points that two texts have in common from their start; the compares are memory compares, not a loop."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while low < high:  # one[:low] == other[:low], one[:high] != other[:high]
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
