# U id active name; K key id; E name created id author.
# Facts are kept by the name a record uses and merged when all keys are known.

function above(time, author, id, time2, author2, id2) {
    if (time != time2)
        return time > time2
    if ((author == "") != (author2 == ""))
        return author2 == ""
    return id + 0 > id2 + 0
}

function keep(name, time, author, id) {
    if (!(name in at) || above(time, author, id, at[name], by[name], event[name])) {
        at[name] = time; by[name] = author; event[name] = id
    }
    if (author != "" && (!(name in lent_at) ||
        above(time, author, id, lent_at[name], lent_by[name], lent_event[name]))) {
        lent_at[name] = time; lent_by[name] = author; lent_event[name] = id
    }
}

# Seconds; days of the civil calendar.
function seconds(t,    y, m, d) {
    y = substr(t, 1, 4) + 0; m = substr(t, 6, 2) + 0; d = substr(t, 9, 2) + 0
    if (m <= 2) { y--; m += 12 }
    return ((365 * y + int(y / 4) - int(y / 100) + int(y / 400) + \
             int((153 * (m - 3) + 2) / 5) + d) * 24 + substr(t, 12, 2)) * 3600 + \
        substr(t, 15, 2) * 60 + substr(t, 18, 6)
}

$1 == "U" { if (!($2 in user)) { user[$2] = $3; called[$2] = $4 } }
$1 == "K" { key[$2] = $3 }
$1 == "E" { keep($2, $3, $5, $4) }

END {
    for (name in at)
        if (!(name in user) && name in key)
            moved[name] = key[name]
    for (name in moved) {
        keep(moved[name], at[name], by[name], event[name])
        if (name in lent_at)
            keep(moved[name], lent_at[name], lent_by[name], lent_event[name])
    }
    for (id in user) {
        if (user[id] == "true")
            continue
        who = by[id]
        if (who == "" && id in at && id in lent_at &&
            seconds(at[id]) - seconds(lent_at[id]) <= 900.0005)
            who = lent_by[id]
        if (who in key)
            who = key[who]
        printf "%s\t%s\t%s\t%s\t%s\n", id, called[id], at[id], who, event[id]
    }
}
