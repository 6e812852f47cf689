# shellcheck shell=bash
# Sourced by scripts/format and scripts/lint, after they went to the project's root: fills `files` from their arguments.
#   (nothing)   C++ files changed against HEAD~, committed or not    --all   every C++ file    PATH …   those

files=()
choose_files() {
  if [ $# -eq 0 ]; then
    local base=HEAD~
    git rev-parse -q --verify "$base" >/dev/null || base=$(git hash-object -t tree /dev/null)
    mapfile -t files < <({ git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.hpp'
                           git ls-files --others --exclude-standard -- '*.cpp' '*.hpp'; } | sort -u)
  elif [ "$1" = --all ]; then
    mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp')
  else
    mapfile -t files < <(cd "$OLDPWD" && realpath -- "$@")  # as the caller sees them
  fi
  [ "${#files[@]}" -eq 0 ] || ls -- "${files[@]}" >/dev/null
}
