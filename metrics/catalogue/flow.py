"""Flow of work, in words: what finishes, how long it takes, what is going on."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="throughput",
        version=1,
        name={
            "en": "Throughput",
            "fr": "Débit",
        },
        question={
            "en": "How much do we finish?",
            "fr": "Combien terminons-nous ?",
        },
        formula={
            "en": (
                "Items of one level that last entered a done state in the period and are still done. A "
                "count of items, not of points; a reopened item counts once, on the day it finished "
                "again."
            ),
            "fr": (
                "Éléments d’un même niveau entrés pour la dernière fois dans un état terminé pendant la "
                "période, et toujours terminés. On compte des éléments, non des points ; un élément "
                "rouvert compte une fois, au jour de sa dernière fin."
            ),
        },
        unit="items",
        better="up",
        precision=0,
        includes={
            "en": "Finished items, with or without a known start.",
            "fr": "Éléments terminés, que leur début soit connu ou non.",
        },
        excludes={
            "en": "Cancelled work.",
            "fr": "Le travail annulé.",
        },
        minimum_sample=1,
        source="status history, resolution date; Kanban Guide, Flow Framework (flow velocity)",
    ),
    Metric(
        id="flow_time",
        version=1,
        name={
            "en": "Flow time",
            "fr": "Temps de flux",
        },
        question={
            "en": "How long does work take once begun?",
            "fr": "Combien de temps prend un travail une fois commencé ?",
        },
        formula={
            "en": (
                "Calendar days from the first entry into a waiting or active state to the last entry "
                "into done, both days included, of the items finished in the period; representative where "
                "{counted} were seen to start. For example, “85% within 13 days” is the value at rank 85% of "
                "n, rounded up: it always happened."
            ),
            "fr": (
                "Jours calendaires de la première entrée dans un état d’attente ou actif à la dernière dans un état "
                "terminé, tous deux inclus, des éléments finis dans la période ; représentatif si {counted} ont un "
                "début connu. Par exemple, « 85 % en 13 jours » est la valeur de rang 85 % de n, arrondi au supérieur, "
                "toujours observée."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": "Time spent back in the backlog or reopened: the customer waits.",
            "fr": "Le temps repassé au backlog ou après une réouverture : le client attend.",
        },
        excludes={
            "en": ("Items nobody was seen to begin, without history or with a hole in it, and cancelled work."),
            "fr": (
                "Les éléments dont le début n’a pas été vu, dont l’historique manque ou a un trou, et le "
                "travail annulé."
            ),
        },
        minimum_sample=5,
        source="status history; nearest-rank percentiles; 5 items for the median, 10 for 85%, 20 for 95%",
    ),
    Metric(
        id="service_level",
        version=1,
        name={
            "en": "Service level attainment",
            "fr": "Respect du délai visé",
        },
        question={
            "en": "How often do we keep the expected time?",
            "fr": "À quelle fréquence tenons-nous le délai attendu ?",
        },
        formula={
            "en": (
                "Items whose flow time is at most the expected number of days, divided by all items "
                "finished in the period that have a flow time. Where the settings name no expected time for the "
                "level, it is what 85% of the items finished in the year before stayed within."
            ),
            "fr": (
                "Éléments dont le temps de flux ne dépasse pas le nombre de jours attendu, rapportés à "
                "tous les éléments terminés pendant la période qui ont un temps de flux. Si personne n’a "
                "fixé de délai, c’est celui que 85 % des éléments terminés l’année précédente ont tenu."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": "Items with a flow time.",
            "fr": "Les éléments qui ont un temps de flux.",
        },
        excludes={
            "en": "The same items as flow time.",
            "fr": "Les mêmes éléments que pour le temps de flux.",
        },
        minimum_sample=5,
        source="flow time; Kanban Guide (service level expectation)",
    ),
    Metric(
        id="lead_time",
        version=2,
        name={
            "en": "Lead time",
            "fr": "Délai total",
        },
        question={
            "en": "How long did the requester wait?",
            "fr": "Combien de temps le demandeur a-t-il attendu ?",
        },
        formula={
            "en": (
                "Days from the creation of an item, or its first entry into the funnel of the portfolio kanban, to its "
                "last entry into done, both days included, of the items finished in the period. A different clock "
                "from flow time: the time before anyone began is part of it."
            ),
            "fr": (
                "Jours entre la création d’un élément, ou sa première entrée dans l’entonnoir du kanban de "
                "portefeuille, et sa dernière entrée dans un état terminé, les deux jours compris, pour les éléments "
                "terminés pendant la période. Une autre horloge que le temps de flux : le temps d’avant le début "
                "en fait partie."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": (
                "Every finished item. At the level of the kanban, one that was created elsewhere counts from its entry "
                "into the first state, unless it had been in a later one or was begun before."
            ),
            "fr": (
                "Tous les éléments terminés. Au niveau du kanban, celui qui fut créé ailleurs compte depuis son entrée "
                "dans le premier état, sauf s’il était déjà passé par un autre, ou déjà commencé."
            ),
        },
        excludes={
            "en": "Cancelled work.",
            "fr": "Le travail annulé.",
        },
        minimum_sample=5,
        source="creation date, status history; nearest-rank percentiles",
    ),
    Metric(
        id="flow_load",
        version=1,
        name={
            "en": "Flow load",
            "fr": "En-cours",
        },
        question={
            "en": "How much is in progress?",
            "fr": "Combien d’éléments sont en cours ?",
        },
        formula={
            "en": (
                "Items of one level whose state at the end of the day is waiting or active. For "
                "averages, each item counts on every day from its start to its finish, both included."
            ),
            "fr": (
                "Éléments d’un même niveau en attente ou actifs à la fin de la journée. Pour les "
                "moyennes, chaque élément compte chaque jour de son début à sa fin, tous deux compris."
            ),
        },
        unit="items",
        better="range",
        precision=0,
        includes={
            "en": (
                "Blocked items: they are in progress, too. An item counts on all its days at the level that it has "
                "now, or had at its finish."
            ),
            "fr": (
                "Les éléments bloqués : ils sont aussi en cours. Un élément compte tous les jours au niveau "
                "qu’il a maintenant, ou qu’il avait à sa fin."
            ),
        },
        excludes={
            "en": (
                "Items done, cancelled, removed or back in the backlog by then; those in a status nobody mapped "
                "are named."
            ),
            "fr": (
                "Les éléments alors terminés, annulés, retirés ou renvoyés au backlog ; ceux dont le statut n’est "
                "pas associé sont nommés."
            ),
        },
        minimum_sample=1,
        source="status history, removals; Flow Framework, Kanban Guide (WIP)",
    ),
    Metric(
        id="cumulative_flow",
        version=1,
        name={
            "en": "Cumulative flow",
            "fr": "Flux cumulé",
        },
        question={
            "en": "Does as much leave as comes in?",
            "fr": "En sort-il autant qu’il en entre ?",
        },
        formula={
            "en": (
                "Items that by the end of a day had ever come as far as each state: written down (new), begun "
                "(waiting), worked on (active), done. The furthest state counts: a reopened item stays in done and "
                "is marked as behind. What is given up leaves every line that day and is counted apart (left)."
            ),
            "fr": (
                "Éléments déjà arrivés, à la fin d’un jour, jusqu’à chaque état : inscrits, commencés, "
                "travaillés, terminés. L’état le plus avancé compte : un élément "
                "rouvert reste terminé, signalé en retrait. Un abandon quitte ce jour-là toutes les courbes et "
                "compte à part."
            ),
        },
        unit="items",
        better="none",
        precision=0,
        includes={
            "en": "Items of one level; finished ones stay, even when they are gone from the tracker.",
            "fr": "Les éléments d’un même niveau ; ceux qui sont terminés restent, même disparus de l’outil.",
        },
        excludes={
            "en": "Items without history: nobody knows when they came as far.",
            "fr": "Les éléments sans historique : nul ne sait quand ils en sont arrivés là.",
        },
        minimum_sample=1,
        source="status history, removals; cumulative flow diagram by high-water mark",
    ),
    Metric(
        id="flow_balance",
        version=1,
        name={
            "en": "Arrivals less departures",
            "fr": "Entrées moins sorties",
        },
        question={
            "en": "Do we begin more than we end?",
            "fr": "Commençons-nous plus que nous ne terminons ?",
        },
        formula={
            "en": (
                "Items of one level begun in the period, less items that had begun and were finished, given up or "
                "gone in it. Balanced while they are fewer than two items, or at most 5% of the larger number, "
                "apart."
            ),
            "fr": (
                "Éléments d’un même niveau commencés pendant la période, moins ceux qui avaient commencé et y ont "
                "été terminés, abandonnés ou ont disparu. À l’équilibre tant que l’écart reste sous deux "
                "éléments, ou dans les 5 % du plus grand des deux nombres."
            ),
        },
        unit="items",
        better="range",
        precision=0,
        includes={
            "en": "An item that begins and ends in the period, on both sides.",
            "fr": "Un élément commencé et terminé pendant la période, des deux côtés.",
        },
        excludes={
            "en": (
                "What ended without being seen to begin, and what may have been in progress: in a status that nobody "
                "mapped, or without a history. With these alone, not known."
            ),
            "fr": (
                "Ce qui a pris fin sans que son début ait été vu, et ce qui fut peut-être en cours, dans un statut que "
                "personne n’a associé ou sans historique. S’il n’y a que cela, inconnu."
            ),
        },
        minimum_sample=1,
        source="status history, removals; arrival and departure rates of Little’s law",
    ),
    Metric(
        id="flow_stability",
        version=1,
        name={
            "en": "Stability of the flow",
            "fr": "Stabilité du flux",
        },
        question={
            "en": "May averages and forecasts be believed?",
            "fr": "Peut-on se fier aux moyennes et aux prévisions ?",
        },
        formula={
            "en": (
                "How far mean load is from throughput a day times mean flow time (Little’s law). Stable when as "
                "much leaves as comes in (within 10%), under 10% is given up, the last day’s load is within 20% "
                "of the first day’s, mean age moves by at most 20%, and {counted} of what finished has a flow time."
            ),
            "fr": (
                "Écart entre l’en-cours moyen et le débit par jour fois le temps de flux moyen (loi de Little). "
                "Stable si entrées et sorties se valent à 10 % près, si moins de 10 % est abandonné, si en-cours "
                "et âge moyen varient de 20 % au plus, si {counted} a son temps de flux."
            ),
        },
        unit="%",
        better="down",
        precision=1,
        includes={
            "en": "Every item on every day from its start to its end, both included.",
            "fr": "Chaque élément chaque jour de son début à sa fin, tous deux compris.",
        },
        excludes={
            "en": "Finished items without a flow time.",
            "fr": "Les éléments terminés sans temps de flux.",
        },
        minimum_sample=5,
        source="flow load, throughput, flow time; Little’s law and its assumptions after D. Vacanti",
    ),
    Metric(
        id="bottleneck",
        version=2,
        name={
            "en": "Share of time by state",
            "fr": "Part du temps par état",
        },
        question={
            "en": "Where does work wait longest, and does it pile up there?",
            "fr": "Où le travail attend-il le plus, et s’y accumule-t-il ?",
        },
        formula={
            "en": (
                "Time that items spent in a waiting or active state in the period, divided by that in all such "
                "states. The state with the largest share is the constraint from {constraint} on (from {act}: act) if "
                "more entered it than left, or it was over its limit on half of the days; otherwise it is slow but "
                "draining."
            ),
            "fr": (
                "Temps passé dans un état d’attente ou actif pendant la période, rapporté au temps dans tous ces "
                "états. Celui qui en prend le plus est la contrainte dès {constraint} ({act} : agir) s’il y entre plus "
                "qu’il n’en sort, ou s’il dépasse sa limite un jour sur deux ; sinon, lent mais se vide."
            ),
        },
        unit="%",
        better="none",
        precision=1,
        includes={
            "en": (
                "Visits that go on, up to the end of the period, blocked time included. States of one name in two "
                "trackers are two, unless the portfolio kanban holds them; its limits count all their statuses."
            ),
            "fr": (
                "Les séjours en cours, jusqu’à la fin de la période, temps bloqué compris. Deux états de même nom de "
                "deux outils restent deux, sauf au kanban du portefeuille ; ses limites couvrent tous leurs statuts."
            ),
        },
        excludes={
            "en": "Items that follow the clock of their children, without history or with a hole in it.",
            "fr": "Les éléments qui suivent l’horloge de leurs enfants, sans historique, ou à l’historique troué.",
        },
        minimum_sample=5,
        source="status history, limits of the guardrails; LetPeopleWork, Viz bottleneck finder",
    ),
    Metric(
        id="work_item_age",
        version=1,
        name={
            "en": "Work item age",
            "fr": "Âge du travail en cours",
        },
        question={
            "en": "What has been going on for too long?",
            "fr": "Qu’est-ce qui traîne ?",
        },
        formula={
            "en": (
                "Days from the start of an unfinished item to today, both included. It is compared with "
                "the flow time of finished items: at risk once it has passed the value that half, 85% or "
                "95% of them stayed within."
            ),
            "fr": (
                "Jours entre le début d’un élément non terminé et aujourd’hui, tous deux compris. Il est "
                "comparé au temps de flux des éléments terminés : à risque dès qu’il dépasse la valeur "
                "tenue par la moitié, 85 % ou 95 % d’entre eux."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": "Items in progress; days spent back in the backlog are part of the age and shown apart.",
            "fr": (
                "Les éléments en cours ; les jours repassés au backlog font partie de l’âge et sont montrés à part."
            ),
        },
        excludes={
            "en": "Items whose start is not known.",
            "fr": "Les éléments dont le début n’est pas connu.",
        },
        minimum_sample=1,
        source="status history; Kanban Guide",
    ),
    Metric(
        id="pace",
        version=1,
        name={
            "en": "Pace by state",
            "fr": "Allure par état",
        },
        question={
            "en": "How old is work when it leaves each state?",
            "fr": "Quel âge a le travail quand il quitte chaque état ?",
        },
        formula={
            "en": (
                "Days from the start of an item to its last leaving of a waiting or active state, both included, "
                "of the items finished in the 52 weeks up to the end of the period. A state that fewer than five "
                "items left has the values of the state before it. Open work older than them is slow already."
            ),
            "fr": (
                "Jours entre le début d’un élément et son dernier départ d’un état d’attente ou actif, tous deux "
                "compris, pour les éléments terminés dans les 52 semaines. Un état que moins de cinq ont quitté "
                "reprend les valeurs de l’état précédent. Un travail plus âgé est déjà lent."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": "Finished items with a flow time.",
            "fr": "Les éléments terminés qui ont un temps de flux.",
        },
        excludes={
            "en": "The same items as flow time, and items that follow the clock of their children.",
            "fr": "Les mêmes éléments que pour le temps de flux, et ceux qui suivent l’horloge de leurs enfants.",
        },
        minimum_sample=5,
        source="status history; nearest-rank percentiles; ageing chart with pace bands",
    ),
    Metric(
        id="waste",
        version=1,
        name={
            "en": "Work given up after it was begun",
            "fr": "Travail abandonné après son début",
        },
        question={
            "en": "How much work was for nothing?",
            "fr": "Combien de travail n’a servi à rien ?",
        },
        formula={
            "en": (
                "Items of one level that were begun, and given up in the period: their number. Their days run "
                "from the start to the day they were given up, both included. Work taken up again since is none."
            ),
            "fr": (
                "Éléments d’un même niveau commencés, puis abandonnés pendant la période : leur nombre. Leurs "
                "jours vont du début au jour de l’abandon, tous deux compris. Un travail repris depuis n’en est "
                "pas."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={
            "en": "A cancelled state, and a resolution that means giving up.",
            "fr": "Un état annulé, et une résolution qui vaut abandon.",
        },
        excludes={
            "en": "What was given up before anybody began it: that is choosing.",
            "fr": "Ce qui a été abandonné avant d’être commencé : c’est choisir.",
        },
        minimum_sample=1,
        source="status history, resolutions; Lean portfolio kanban",
    ),
    Metric(
        id="flow_efficiency",
        version=2,
        name={
            "en": "Flow efficiency",
            "fr": "Efficacité du flux",
        },
        question={
            "en": "Of the time work takes, how much is worked on?",
            "fr": "Sur le temps que prend le travail, quelle part est travaillée ?",
        },
        formula={
            "en": (
                "Active seconds divided by all seconds between start and finish, over all items finished "
                "in the period together. Blocked, paused and waiting time is idle, and an hour with two "
                "reasons counts once. Time in done before a reopening is idle."
            ),
            "fr": (
                "Secondes actives rapportées à toutes les secondes entre début et fin, sur l’ensemble "
                "des éléments terminés pendant la période. Le temps bloqué, en pause ou en attente est "
                "inactif ; une heure qui a deux causes compte une fois. Le temps passé à l’état terminé avant une "
                "réouverture est inactif."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": "Finished items of trackers whose waiting states are configured.",
            "fr": "Les éléments terminés des outils dont les états d’attente sont configurés.",
        },
        excludes={
            "en": "Items without a start or a whole history, items that passed through an unmapped status.",
            "fr": ("Les éléments sans début ou sans historique complet, et ceux passés par un statut non associé."),
        },
        minimum_sample=1,
        source="status history, flags; Flow Framework; never 100% because nothing was configured",
    ),
    Metric(
        id="flow_distribution",
        version=1,
        name={
            "en": "Flow distribution",
            "fr": "Répartition du flux",
        },
        question={
            "en": "What kind of work do we finish?",
            "fr": "Quel genre de travail terminons-nous ?",
        },
        formula={
            "en": (
                "Items of each kind finished in the period, divided by all items finished at that level. "
                "The first matching rule of the settings gives the kind; what matches none is "
                "“unclassified”. Shares are rounded by largest remainder, so they add up to 100.0%."
            ),
            "fr": (
                "Éléments de chaque genre terminés pendant la période, rapportés à tous les éléments "
                "terminés à ce niveau. La première règle satisfaite donne le genre ; le reste est « non "
                "classé ». Les parts sont arrondies au plus fort reste : leur somme fait 100,0 %."
            ),
        },
        unit="%",
        better="none",
        precision=1,
        includes={
            "en": "Every finished item, unclassified ones among them.",
            "fr": "Tous les éléments terminés, non classés compris.",
        },
        excludes={
            "en": "Cancelled work.",
            "fr": "Le travail annulé.",
        },
        minimum_sample=1,
        source="type and labels; Flow Framework",
    ),
    Metric(
        id="unplanned_share",
        version=1,
        name={
            "en": "Unplanned share",
            "fr": "Part non planifiée",
        },
        question={
            "en": "How much of what we finish had nobody planned?",
            "fr": "Quelle part de ce que nous terminons n’était pas planifiée ?",
        },
        formula={
            "en": (
                "Items finished in the period that were created after the first day of what they were planned into, "
                "divided by all finished items of which that day is known. An item is planned into its last iteration; "
                "one of none, above stories, into the increment of its finish that the settings name."
            ),
            "fr": (
                "Éléments terminés pendant la période et créés après le premier jour de ce pour quoi ils étaient "
                "planifiés, rapportés aux éléments terminés dont ce jour est connu. Un élément l’est pour sa dernière "
                "itération ; sans elle, au-dessus des stories, pour l’incrément de sa fin, s’il est dans les réglages."
            ),
        },
        unit="%",
        better="down",
        precision=1,
        includes={
            "en": "Every finished item whose iteration has days in its tracker, or whose increment the settings name.",
            "fr": "Les éléments terminés dont l’outil date l’itération, ou dont les réglages nomment l’incrément.",
        },
        excludes={
            "en": "Items of no such iteration or increment: nobody knows whether they were planned.",
            "fr": "Ceux qui n’ont ni l’une ni l’autre : nul ne sait s’ils étaient planifiés.",
        },
        minimum_sample=1,
        source="creation date; iterations of the trackers, increments of the settings; Evidence-Based Management",
    ),
    Metric(
        id="release_age",
        version=1,
        name={
            "en": "Release age",
            "fr": "Âge de la dernière livraison",
        },
        question={
            "en": "How long ago was anything released?",
            "fr": "À quand remonte la dernière livraison ?",
        },
        formula={
            "en": "Days from the newest day on which a version that items belong to was released, to today.",
            "fr": (
                "Jours écoulés depuis le dernier jour où une version dont relèvent des éléments fut livrée, "
                "jusqu’à aujourd’hui."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": "Fix versions of Jira that are released and dated, of items of all levels, as each was read last.",
            "fr": (
                "Les versions de correction de Jira livrées et datées, des éléments de tous niveaux, telles qu’à la "
                "lecture de l’élément."
            ),
        },
        excludes={
            "en": "Releases without a day, and days to come. Azure DevOps has no versions: of its items none is known.",
            "fr": (
                "Les livraisons sans date, et celles à venir. Azure DevOps n’a pas de versions : de ses éléments, on "
                "n’en connaît aucune."
            ),
        },
        minimum_sample=1,
        source="fix versions of Jira; Evidence-Based Management (time to market)",
    ),
    Metric(
        id="usual_range",
        version=1,
        name={
            "en": "Usual range",
            "fr": "Plage habituelle",
        },
        question={
            "en": "Is this change real?",
            "fr": "Ce changement est-il réel ?",
        },
        formula={
            "en": (
                "Mean plus or minus 2.66 times the mean difference between neighbouring points, over the "
                "first 12 points (since any named change). A change is real when a point falls "
                "outside, two of three lie beyond two sigma, four of five beyond one, or eight in a row "
                "are on one side of the mean."
            ),
            "fr": (
                "Moyenne ± 2,66 fois l’écart moyen entre points voisins, sur les 12 premiers "
                "points (depuis tout changement nommé). Un changement est réel si un point sort, si deux "
                "sur trois dépassent deux sigmas, quatre sur cinq un sigma, ou huit de suite sont du même côté de la "
                "moyenne."
            ),
        },
        unit="",
        better="none",
        precision=2,
        includes={
            "en": "Whole weeks or months.",
            "fr": "Semaines ou mois entiers.",
        },
        excludes={
            "en": "The running period; a lower limit below zero is not drawn.",
            "fr": "La période en cours ; une limite sous zéro n’est pas tracée.",
        },
        minimum_sample=6,
        source="the series itself; process behaviour chart (Wheeler, XmR)",
    ),
)
