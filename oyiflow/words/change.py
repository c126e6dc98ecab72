GROUPS=()
class Change: pass
