# A step is a transaction: when its units are not healthy with what it brings, the machine goes back to what was healthy before.
GENERATIONS="$STATE/generations"
can_go_back=

# save_generation: keeps what the step is about to replace. Its own former copy stays until the new one is whole.
save_generation() {
  local path kept="$GENERATIONS/$step"
  rm -rf "$kept.new"
  mkdir -p "$GENERATIONS"
  chmod 0700 "$GENERATIONS" # private keys are among it
  mkdir "$kept.new" "$kept.new/files"
  : >"$kept.new/absent"
  for path in "${staged[@]}"; do
    if [ -e "$path" ] || [ -L "$path" ]; then
      mkdir -p "$kept.new/files${path%/*}"
      cp --archive --no-dereference "$path" "$kept.new/files$path"
    else
      echo "$path" >>"$kept.new/absent"
    fi
  done
  rm -rf "$kept"
  mv -T "$kept.new" "$kept"
}

# restore_generation: puts back what save_generation kept
restore_generation() {
  local path kept="$GENERATIONS/$step"
  while read -r path; do rm -f "$path"; done <"$kept/absent"
  while read -r path; do
    cp --archive --no-dereference "$kept/files$path" "$path.hardway-old"
    mv -fT "$path.hardway-old" "$path"
  done < <(cd "$kept/files" && find . \( -type f -o -type l \) -printf '/%P\n')
}

# guarded COMMAND: runs it in a subshell that ends at its first error, and reports how it ended. (In `COMMAND || …` bash would go
# on after an error.)
guarded() {
  local job
  ("$@") &
  job=$!
  wait "$job"
}

# transact PREPARE NOTE START: makes the staged files the machine's. NOTE fills `restarts`; PREPARE and START run with the new files
# in place. A unit that served before is changed under the turn, and goes back when it does not serve again.
transact() {
  local prepare="$1" note="$2" start="$3"
  "$note"
  if [ "${#restarts[@]}" -eq 0 ]; then
    change "$prepare" "$start"
    settle
    return
  fi
  if serves; then
    take_turn
    save_generation
    can_go_back=yes
  elif [ -e "$GENERATIONS/$step/absent" ]; then
    can_go_back=yes # an earlier run was interrupted between its change and its verdict
  fi
  if guarded change "$prepare" "$start"; then
    rm -rf "${GENERATIONS:?}/$step"
    end_turn
    settle
    return
  fi
  [ -n "$can_go_back" ] || exit 1
  go_back "$note" "$start"
}

# change PREPARE START
change() {
  commit
  "$1"
  "$2"
}

# go_back NOTE START: ends the step with an error, the machine as it was
go_back() {
  echo "hardway: $machine goes back to the generation of $step that was healthy" >&2 || true
  rm -rf "$work/failed" "$stage"
  restore_generation
  restarts=() along=()
  "$1"
  can_go_back=
  guarded "$2" || fail_plainly "step $step failed on $machine, and so did going back: see above"
  rm -rf "${GENERATIONS:?}/$step"
  announce_failure
  fail_gone_back
}

# fail_plainly MESSAGE: like fail, also after another error was reported
fail_plainly() {
  echo "hardway: $*" >&2
  exit 1
}
