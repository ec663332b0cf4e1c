# In place of turn.sh: a machine that changes without asking others. Whoever runs the steps orders them.
others_unchanged=
note_beginning() { :; }
take_turn() { :; }
end_turn() { :; }
settle() { :; }
announce_failure() { :; }
